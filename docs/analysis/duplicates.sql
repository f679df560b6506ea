-- Reports that stand twice. `named`: duplicate_of says so; these have a row in reports and no figures. `suspected`: the
-- same figures throughout, in all three tables of a year with at least one request, among reports that count. Where an
-- organ could not be resolved on one site and could on another, nothing names the pair, and both are summed.
with cells as (
    select report_id, report_year, 'c' as t, route as a, result as b, value::double as value, status from challenges
    union all
    select report_id, report_year, 'd', item, measure, value, status from disclosures
    union all
    select report_id, report_year, 'r', item, applicant, value::double, status from requests
),
prints as (
    select
        report_id,
        report_year,
        md5(string_agg(concat_ws(' ', t, a, b, status, value), ';' order by t, a, b)) as print,
        max(value) filter (t = 'r' and a = 'received') as received
    from cells
    group by all
    having received > 0
),
twins as (
    select report_id, report_year, min(report_id) over (partition by report_year, print) as same_as from prints
)
select report_id, report_year, duplicate_of as same_as, 'named' as how
from reports
where duplicate_of is not null
union all
select report_id, report_year, same_as, 'suspected'
from twins
where report_id <> same_as
order by all;
