-- How the tables were read: reports by table and state. A state speaks of the reading, not of the figures: an `exact`
-- table may hold blanks (statuses.sql), a `partial` one mostly good cells.
select
    "table",
    state,
    count(*) as reports,
    count(*) / sum(count(*)) over (partition by "table") as share
from (
    select
        unnest(['disclosures', 'requests', 'challenges']) as "table",
        unnest([disclosures_state, requests_state, challenges_state]) as state
    from kept
)
group by "table", state
order by all;
