-- Findings by check: how many, about how many reports, and about how many pages that gave no report at all.
-- "table", "check" and "column" are reserved words: quote them.
select
    i."check",
    i.severity,
    count(*) as issues,
    count(distinct r.report_id) as reports,
    count(distinct i.report_id) filter (r.report_id is null) as other_pages
from issues i
left join reports r using (report_id)
group by all
order by all;
