-- Years without a report between an organ's first and last: a gap in the dataset, not yet one in the world. `unresolved`
-- counts the reports of that year whose organ is unknown: any of them may be the one that seems to be missing.
with spans as (
    select agency_id, min(report_year) as first_year, max(report_year) as last_year
    from kept
    where agency_id is not null and report_year is not null
    group by all
),
expected as (
    select agency_id, unnest(range(first_year, last_year + 1)) as report_year from spans
)
select
    e.agency_id,
    a.agency_name,
    e.report_year,
    (select count(*) from kept u where u.agency_id is null and u.report_year = e.report_year) as unresolved
from expected e
left join kept k using (agency_id, report_year)
left join agencies a using (agency_id)
where k.report_id is null
order by all;
