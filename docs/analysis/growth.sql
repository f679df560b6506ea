-- Growth from year to year over the same organs: sums of all reports grow because more organs are in the dataset.
-- Only organs that were resolved can be followed, and only pairs of years in which both figures were printed.
with received as (
    select k.agency_id, k.report_year, q.value
    from kept k
    join requests q using (report_id)
    where q.item = 'received' and q.applicant = 'total' and q.value is not null and k.agency_id is not null
)
select
    now.report_year,
    count(*) as organs,
    sum(past.value) as before,
    sum(now.value) as after,
    sum(now.value) / nullif(sum(past.value), 0) - 1 as change
from received now
join received past on past.agency_id = now.agency_id and past.report_year = now.report_year - 1
group by all
order by all;
