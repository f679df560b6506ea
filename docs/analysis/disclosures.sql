-- What organs disclosed of their own accord, by row and column of table 二, with the number of figures behind each sum.
-- `unit` stands in the key: fees and procurement have amounts in 10,000 yuan. issued, repealed and in_force are of the
-- form of 2021, newly_made, newly_disclosed and disclosed_total of that of 2019: no column of the one continues one of
-- the other. Only `decisions` run through. items_change is signed, in_force and disclosed_total are stocks.
select report_year, item, measure, unit, count(value) as printed, sum(value) as value
from disclosures
group by all
order by all;
