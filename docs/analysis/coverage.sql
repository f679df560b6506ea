-- Organs and years expected, by state. A dataset made of single files (gongkai extract) may have none of these rows;
-- gaps.sql needs only the reports.
select report_year, state, count(*) as organs
from coverage
group by all
order by all;
