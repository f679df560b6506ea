-- Shares of outcomes by region and kind of organ.
-- Rows with an item_group are the outcomes; outcome_total is their sum and has none. The shares are of the outcomes
-- that were printed, since an organ's own total can be false (issue outcomes_total).
select
    k.region_code,
    k.region_name,
    k.kind,
    q.item_group,
    sum(q.value) as outcomes,
    sum(q.value) / nullif(sum(sum(q.value)) over (partition by k.region_code, k.region_name, k.kind), 0) as share
from kept k
join requests q using (report_id)
where q.applicant = 'total' and q.item_group is not null
group by k.region_code, k.region_name, k.kind, q.item_group
order by all;
