-- Shares of outcomes by year. Groups, not items: the form of 2019 has one row under 其他处理 (other_handling), that of
-- 2021 three (other_not_corrected, other_fee_unpaid, other_other), and a year may hold reports on both forms.
select
    q.report_year,
    q.item_group,
    sum(q.value) as outcomes,
    sum(q.value) / nullif(sum(sum(q.value)) over (partition by q.report_year), 0) as share
from requests q
where q.applicant = 'total' and q.item_group is not null
group by q.report_year, q.item_group
order by all;
