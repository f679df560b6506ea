-- Reconsiderations and lawsuits by year and route, and how many of those decided went against the organ.
-- result has its own total, which is not to be added to the others; pending ones are not decided. `decided` and
-- `share` take only reports in which all three decided results were printed: numerator and denominator fit together.
with matters as (
    select
        report_id,
        report_year,
        route,
        sum(value) filter (result = 'total') as total,
        sum(value) filter (result = 'corrected') as corrected,
        sum(value) filter (result in ('upheld', 'corrected', 'other_result')) as decided,
        count(value) filter (result in ('upheld', 'corrected', 'other_result')) = 3 as complete
    from challenges
    group by all
)
select
    report_year,
    route,
    count(total) as printed,
    sum(total) as total,
    sum(decided) filter (complete) as decided,
    sum(corrected) filter (complete) as corrected,
    sum(corrected) filter (complete) / nullif(sum(decided) filter (complete), 0) as share
from matters
group by all
order by all;
