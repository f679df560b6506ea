-- What was found in the cells, by table. Everything but `reported` has a null value. A table that is absent or refused
-- may have no rows at all: its lost cells are counted in states.sql, not here.
select
    "table",
    status,
    count(*) as cells,
    count(*) / sum(count(*)) over (partition by "table") as share
from (
    select 'disclosures' as "table", status from disclosures
    union all
    select 'requests', status from requests
    union all
    select 'challenges', status from challenges
)
group by "table", status
order by all;
