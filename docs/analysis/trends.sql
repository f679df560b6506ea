-- Requests received by year, apart for governments and other organs of each level.
-- `printed` counts the reports with a figure: a mean over `reports` would take a blank for none.
select
    k.report_year,
    k.level,
    k.layer,
    count(*) as reports,
    count(q.value) as printed,
    sum(q.value) as received,
    sum(q.value) / count(q.value) as per_report
from kept k
left join requests q
    on q.report_id = k.report_id and q.item = 'received' and q.applicant = 'total'
group by all
order by all;
