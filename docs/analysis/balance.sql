-- The wide way round: one row a report, and in it the form's own sum, received + carried in = outcomes + carried
-- forward. Listed are reports in which it fails as printed; with an operand that was not printed it is not asked.
with wide as (
    select
        report_id,
        report_year,
        sum(value) filter (item = 'received') as received,
        sum(value) filter (item = 'carried_in') as carried_in,
        sum(value) filter (item = 'outcome_total') as outcome_total,
        sum(value) filter (item = 'carried_forward') as carried_forward
    from requests
    where applicant = 'total'
    group by all
)
select *
from wide
where received + carried_in <> outcome_total + carried_forward
order by all;
