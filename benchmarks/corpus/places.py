"""Organs to speak for: made-up and real places, so that a name is known by its shape, not by a list alone."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Organ:
    """An organ's printed name, and the name of the site that publishes for it."""

    name: str
    site_name: str


_CITIES = ("贵阳市", "淄博市", "安康市", "鞍山市", "遂宁市", "石家庄市", "云川市", "青浦岭市", "临沅市")
_COUNTIES = (
    "宁陕县",
    "岚皋县",
    "通榆县",
    "桃江县",
    "会昌县",
    "云溪县",
    "沅东县",
    "白石岭县",
    "清河岭区",
    "安居区",
)
_TOWNS = ("建新镇", "龙泉乡", "石桥镇", "白马街道", "双河镇", "大营乡")
_BUREAUS = (
    "水利局", "审计局", "农业农村局", "教育局", "财政局", "民政局", "综合行政执法局", "市场监督管理局",
    "自然资源和规划局", "住房和城乡建设局", "卫生健康局", "退役军人事务局", "发展和改革委员会", "统计局",
    "人力资源和社会保障局", "文化和旅游局", "生态环境局", "应急管理局", "行政审批服务局", "公安局",
)  # fmt: skip
_NATIONAL = ("海关总署", "国家邮政局", "中国气象局", "退役军人事务部", "国家统计局")


def draw_organ(rng: Random) -> Organ:
    """Draw a government, a bureau, a township or a national organ."""
    kind = rng.choices(("bureau", "county", "city", "town", "national"), (55, 16, 9, 15, 5))[0]
    city, county = rng.choice(_CITIES), rng.choice(_COUNTIES)
    if kind == "national":
        name = rng.choice(_NATIONAL)
        return Organ(name, name)
    if kind == "city":
        return Organ(f"{city}人民政府", f"{city}人民政府门户网站")
    if kind == "county":
        return Organ(f"{county}人民政府", f"{county}人民政府")
    if kind == "town":
        town = rng.choice(_TOWNS)
        tail = "办事处" if town.endswith("街道") else "人民政府"
        return Organ(f"{county}{town}{tail}", f"{county}人民政府")
    place = rng.choice((city, county, city + county))
    return Organ(place + rng.choice(_BUREAUS), f"{place}人民政府")
