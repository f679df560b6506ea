"""Organs' names become organs: one id over years and spellings, and null where a name does not say which."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from transforms.agencies import Agency, resolve_agency
from transforms.agency_names import kind_of, load_names
from transforms.errors import CodebookError
from transforms.gazetteer import NATION, Gazetteer, load_gazetteer, short_name
from transforms.page import Page

CODEBOOK = Path(__file__).resolve().parents[2] / "data" / "codebook"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_gazetteer(CODEBOOK)


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("4308020001", "430802"),
        ("3508030001", "350803"),
        ("bm01000001", None),
        ("43080200", None),
        (None, None),
    ],
)
def test_a_sites_code_says_which_of_two_regions_is_meant(
    gazetteer: Gazetteer, code: str | None, region: str | None
) -> None:
    agency, issues = resolve_agency("永定区教育局", Page("a.html"), gazetteer, None, code)
    assert agency.region_code == region
    assert ("organ_ambiguous" in [issue.check for issue in issues]) == (region is None)
    # What the configuration says of the site comes first, and what the page calls it last.
    page = Page("a.html", site_region="350803")
    assert resolve_agency("永定区教育局", page, gazetteer, None, "4308020001")[0].region_code == "350803"
    named = resolve_agency("区教育局", Page("a.html"), gazetteer, "慈利县人民政府", "4308020001")[0]
    assert named.region_code == "430802"


def resolve(
    gazetteer: Gazetteer, organ: str | None, site: str | None = None, site_name: str | None = None
) -> tuple[Agency, list[str]]:
    agency, issues = resolve_agency(organ, Page("a.html", site_region=site), gazetteer, site_name)
    assert all(issue.severity in ("warning", "info") for issue in issues)
    return agency, [issue.check for issue in issues]


SAME = [
    ("临沧市审计局", "云南省临沧市审计局", "市审计局@530900", "审计局@530900", "临沧市 审计局"),
    ("临沧市住房和城乡建设局", "临沧市住建局", "临沧市住房城乡建设局", "市住建局@530900"),
    ("国家税务总局临沧市税务局", "临沧市税务局"),
    ("慈利县", "慈利县人民政府", "湖南省张家界市慈利县人民政府（本级）", "县人民政府@430821"),
    ("贵阳市人民政府(市人民政府办公厅)", "贵阳市人民政府"),
    ("海关总署（本级机关）", "中华人民共和国海关总署", "海关总署"),
    ("昆明海关关区", "昆明海关", "中华人民共和国昆明海关"),
    ("鼓楼区教育局@320100", "南京市鼓楼区教育局", "区教育局@320106", "鼓楼区教育局@320106"),
    ("慈利县零阳镇", "慈利县零阳镇人民政府", "零阳镇人民政府@430821", "慈利县人民政府零阳镇人民政府"),
    ("嵐皋縣人民政府", "岚皋县人民政府", "岚皋县"),
    ("乾县人民政府", "咸阳市乾县人民政府"),
    ("临沧审计局@530900", "云南临沧市审计局", "临沧市审计局"),
    ("临沧市场监督管理局", "临沧市市场监督管理局"),
    ("桓台县政府", "县政府@370321", "桓台县人民政府", "桓台县"),
    ("桓台县政府办", "县政府办公室@370321", "桓台县人民政府办公室"),
    ("慈利县零阳镇政府", "慈利县零阳镇人民政府"),
    ("慈利县零阳街道办", "零阳街道办事处@430821"),
    ("朝阳区教委@110105", "北京市朝阳区教育委员会"),
    ("北京朝阳区教育委员会", "北京市朝阳区教育委员会"),
    ("桓台县教体局", "桓台县教育和体育局", "桓台县教育体育局"),
    ("禄劝县审计局", "禄劝彝族苗族自治县审计局", "昆明市禄劝县审计局"),
    ("黔南州民政局", "黔南布依族苗族自治州民政局", "州民政局@522700", "贵州省黔南州民政局"),
    ("临沧市国资委", "临沧市人民政府国有资产监督管理委员会"),
    ("临沧市发展和改革委员会（临沧市粮食和物资储备局）", "市发改委@530900", "临沧市发展改革委"),
    ("浦东新区教育局", "新区教育局@310115", "上海浦东新区教育局"),
    ("桓台审计局@370321", "桓台县审计局"),
    ("市场监督管理局@530900", "市市场监督管理局@530900", "临沧市市场监督管理局"),
]


@pytest.mark.parametrize("names", SAME)
def test_one_organ_has_one_id(gazetteer: Gazetteer, names: tuple[str, ...]) -> None:
    found = set()
    for name in names:
        organ, _, site = name.partition("@")
        found.add(resolve(gazetteer, organ, site or None)[0].agency_id)
    assert len(found) == 1
    assert None not in found


def test_different_organs_have_different_ids(gazetteer: Gazetteer) -> None:
    names = (
        "临沧市公安局", "临沧市公安局（交通警察支队）", "临沧市公安局临翔分局", "临沧市公安局凤庆分局",
        "慈利县人民政府", "慈利县人民政府办公室", "慈利县审计局", "慈利县零阳镇人民政府", "张家界市审计局",
        "张家界市人民政府", "武陵源区审计局", "湖南省审计厅", "审计署",
    )  # fmt: skip
    assert len({resolve(gazetteer, name)[0].agency_id for name in names}) == len(names)


@pytest.mark.parametrize(
    ("name", "site", "region", "level", "kind"),
    [
        ("审计署", None, "000000", "national", "audit"),
        ("国家统计局", None, "000000", "national", "statistics"),
        ("国家统计局云南调查总队", None, "530000", "province", "statistics"),
        ("云南省教育厅", None, "530000", "province", "education"),
        ("北京市教育委员会", None, "110000", "province", "education"),
        ("上海市浦东新区审计局", None, "310115", "county", "audit"),
        ("济源市公安局", None, "419001", "county", "public_security"),
        ("朝阳区自然资源局", "110000", "110105", "county", "natural_resources"),
        ("永定区人民政府", "430800", "430802", "county", "government"),
        ("零阳街道办事处", "430821", "430821", "township", "subdistrict_office"),
        ("高新区审计局", "430800", "430800", "city", "audit"),
        ("莱芜市审计局", None, "371200", "city", "audit"),
        ("河北雄安新区管理委员会", None, "130000", "province", "development_zone"),
        ("昆明海关", None, "530100", "city", "customs"),
        ("慈利县综合行政执法局", None, "430821", "county", "urban_management"),
        ("临沧市公安局临翔分局", None, "530902", "county", "public_security"),
        ("上海市公安局浦东分局", None, "310115", "county", "public_security"),
        ("黔南州民政局", None, "522700", "city", "civil_affairs"),
        ("青海省海南州教育局", None, "632500", "city", "education"),
        ("东区街道办事处", "442000", "442000", "township", "subdistrict_office"),
        ("东区人民政府", "510400", "510402", "county", "government"),
        ("小榄镇人民政府", "442000", "442000", "township", "government"),
        ("临沧市博尚镇人民政府", "530902", "530902", "township", "government"),
        ("国家能源局华北监管局", None, "000000", "national", "energy"),
        ("国家税务总局税务局", "530900", "530900", "city", "taxation"),
        ("中国人民银行", None, "000000", "national", "financial_regulation"),
        ("国家发展改革委", None, "000000", "national", "development_reform"),
    ],
)
def test_region_level_and_kind(  # noqa: PLR0917 -- one argument a column of the table above
    gazetteer: Gazetteer, name: str, site: str | None, region: str, level: str, kind: str | None
) -> None:
    agency, _ = resolve(gazetteer, name, site)
    assert (agency.region_code, agency.level, agency.kind) == (region, level, kind)
    assert agency.region_name == gazetteer.by_code[region].name
    assert agency.agency_id is not None
    assert agency.agency_id.startswith(f"{region}-")
    assert len(agency.agency_id) == 15


@pytest.mark.parametrize(
    ("name", "site", "check"),
    [
        ("鼓楼区教育局", None, "organ_ambiguous"),
        ("鼓楼区教育局", "430800", "organ_ambiguous"),
        ("永定区人民政府", "110000", "organ_ambiguous"),
        ("城关镇人民政府", "430800", "organ_ambiguous"),
        ("区审计局", "530900", "organ_ambiguous"),
        ("城关镇人民政府", None, "region_unknown"),
        ("审计局", None, "region_unknown"),
        ("云川市审计局", None, "region_unknown"),
        ("云川市审计局", "430800", "region_unknown"),
        # A place in a known province is no organ of the province.
        ("云南省云川市审计局", None, "region_unknown"),
        ("北京市云川区教育局", None, "region_unknown"),
        # What begins like an organ of the centre is not one of its organs here.
        ("国家税务总局云川市税务局", None, "region_unknown"),
        ("国家统计局桓台调查队", "370300", "region_unknown"),
        ("国家高新技术产业开发区管委会", "530900", "region_unknown"),
        ("中国共产党临沧市委员会", None, "region_unknown"),
        ("中国南方电网临沧供电局", "530900", "region_unknown"),
        ("国家林业和草原局昆明专员办", None, "region_unknown"),
        ("兵团第一师", "650000", "region_unknown"),
        # Every organ has an office; every bureau has branches.
        ("办公厅", "000000", "organ_ambiguous"),
        ("办公室", "370321", "organ_ambiguous"),
        ("市局", "530900", "organ_ambiguous"),
        ("本机关", "370321", "organ_ambiguous"),
        ("临翔分局", "530902", "organ_ambiguous"),
        ("信息科", "530900", "organ_ambiguous"),
        ("临沧市委", None, "organ_ambiguous"),
        # Places outside the standard bear the names of districts.
        ("东区人民政府", None, "organ_ambiguous"),
        ("东区街道办事处", None, "region_unknown"),
        ("城区街道办事处", "371300", "organ_ambiguous"),
        ("江东区教育局", "530900", "organ_ambiguous"),
        ("新城区管理委员会", "530900", "organ_ambiguous"),
        # A county's bureau on the city's site, its 县 left out; a township whose county is left out.
        ("桓台审计局", "370300", "organ_ambiguous"),
        ("临沧市博尚镇人民政府", None, "organ_ambiguous"),
        ("临沧市博尚镇人民政府", "530900", "organ_ambiguous"),
    ],
)
def test_never_a_guess(gazetteer: Gazetteer, name: str, site: str | None, check: str) -> None:
    agency, checks = resolve(gazetteer, name, site)
    assert (agency.agency_id, agency.region_code, agency.level) == (None, None, None)
    assert agency.agency_name == name
    assert checks == [check]


def test_a_report_of_another_time_is_of_the_region_of_then(gazetteer: Gazetteer) -> None:
    """巢湖市 was of a prefecture's rank until 2011, and of a county's after; 和县 only changed its code."""

    def code(name: str, year: int | None) -> str | None:
        return resolve_agency(name, Page("a"), gazetteer, year=year)[0].region_code

    assert [code("巢湖市审计局", year) for year in (2009, 2021, None)] == ["341400", "340181", "340181"]
    assert code("和县审计局", 2009) == code("和县审计局", 2021) == "340523"
    assert (
        code("弋江区审计局", 2009)
        == code("芜湖市弋江区审计局", 2021)
        == code("弋江区审计局", None)
        == "340209"
    )


@pytest.mark.parametrize("word", ["审计局", "人民政府", "人民政府办公室"])
def test_a_county_of_one_character_is_known_without_its_rank_where_it_is_one(
    gazetteer: Gazetteer, word: str
) -> None:
    whole, _ = resolve(gazetteer, f"浚县{word}")
    assert resolve(gazetteer, f"浚{word}", "410621")[0].agency_id == whole.agency_id
    assert resolve(gazetteer, f"浚{word}", "410600")[0].agency_id is None


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("阿拉善审计局", "152900"),
        ("沈北新审计局", "210113"),
        ("内蒙古自治审计局", "150000"),
        ("固镇人民政府", "340323"),
    ],
)
def test_a_part_of_the_regions_name_is_no_place_of_its_own(
    gazetteer: Gazetteer, name: str, site: str
) -> None:
    assert resolve(gazetteer, name, site) == (
        Agency(agency_name=name, kind=kind_of(name)),
        ["organ_ambiguous"],
    )


def test_a_town_may_bear_its_countys_name(gazetteer: Gazetteer) -> None:
    assert resolve(gazetteer, "固镇镇人民政府", "340323")[0].level == "township"


WORDS = ("审计局", "教育局", "公安局", "住房和城乡建设局", "卫生健康局", "人民政府", "人民政府办公室")


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_spelling_of_a_full_name_leads_to_another_organ(gazetteer: Gazetteer, data: st.DataObject) -> None:
    """Whatever is left out or added, the id is the full name's, or none: never another's."""
    in_force = [region for region in gazetteer.regions if region.last_year is None and region.code != NATION]
    region = data.draw(st.sampled_from(in_force))
    word = data.draw(st.sampled_from(WORDS))
    chain = [above.name for above in gazetteer.chain(region.code)[1:]]
    truth, _ = resolve(gazetteer, "".join(chain) + word)
    if word != "人民政府":
        assert truth.region_code == region.code
    name = data.draw(
        st.sampled_from(
            [
                "".join(chain[start:]) + word for start in range(len(chain))
            ] + [short_name(chain[0]) + "".join(chain[1:]) + word, chain[-1][:-1] + word, chain[-1][-1] + word, word]
        )
    )  # fmt: skip
    name = data.draw(
        st.sampled_from([name, f"{name}（本级）", f" {name[:2]} {name[2:]}", f"{name}（{chain[-1]}）"])
    )
    # 沙县 of old is no spelling of 沙县区.
    assume(chain[-1][:-1] not in gazetteer.by_name)
    near = [above.code for above in gazetteer.chain(region.code)[-1:]]
    strangers = [other.code for other in data.draw(st.lists(st.sampled_from(in_force), max_size=1))]
    for site in (None, *near):
        found, _ = resolve(gazetteer, name, site)
        assert found.agency_id in (None, truth.agency_id), (name, site)
    for site in strangers:
        found, _ = resolve(gazetteer, name, site)
        # A name without its place is the stranger's own, and says that its place came from the site.
        if chain[-1] in name.replace(" ", ""):
            assert found.agency_id in (None, truth.agency_id), (name, site)
        elif found.region_code is not None:
            assert gazetteer.within(found.region_code, site), (name, site)


def test_no_name_no_organ(gazetteer: Gazetteer) -> None:
    assert resolve(gazetteer, None, "530900") == (Agency(), [])


def test_a_place_from_the_site_is_said(gazetteer: Gazetteer) -> None:
    agency, issues = resolve_agency("市审计局", Page("a", site_region="530900"), gazetteer)
    assert agency.agency_name == "临沧市审计局"
    assert [(issue.check, issue.expected, issue.observed) for issue in issues] == [
        ("organ_completed", "临沧市审计局", "市审计局")
    ]


def test_the_sites_name_can_stand_for_its_region(gazetteer: Gazetteer) -> None:
    agency, _ = resolve(gazetteer, "审计局", None, "临沧市人民政府门户网站")
    assert agency.region_code == "530900"
    assert resolve(gazetteer, "审计局", None, "鼓楼区人民政府")[0].agency_id is None
    configured = resolve_agency("审计局", Page("a", site_name="慈利县人民政府"), gazetteer, "临沧市人民政府")[
        0
    ]
    assert configured.region_code == "430821"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("人民政府外事办公室", "foreign_affairs"),
        ("人民政府国有资产监督管理委员会", "state_assets"),
        ("人民政府", "government"),
        ("人民政府办公室", "government_office"),
        ("开发区教育局", "education"),
        ("经济开发区管理委员会", "development_zone"),
        ("甲乙丙", None),
    ],
)
def test_kinds(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_regions_know_their_chain(gazetteer: Gazetteer) -> None:
    assert [region.name for region in gazetteer.chain("320106")] == [
        "中华人民共和国",
        "江苏省",
        "南京市",
        "鼓楼区",
    ]
    assert [region.name for region in gazetteer.chain("310115")] == ["中华人民共和国", "上海市", "浦东新区"]
    assert gazetteer.chain("999999") == ()
    assert gazetteer.within("320106", "320000")
    assert not gazetteer.within("320000", "320106")
    assert gazetteer.by_code["371200"].last_year == 2017


def codebook_with(tmp_path: Path, name: str, old: str, new: str) -> Path:
    for file in ("regions.csv", "regions.yaml", "agency_kinds.yaml", "agency_overrides.yaml"):
        shutil.copy(CODEBOOK / file, tmp_path / file)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("regions.csv", "110101,东城区", "110101,", "is no region"),
        ("regions.csv", "110101,东城区", "11010,东城区", "is no region"),
        ("regions.csv", "110101,东城区", "110102,西城区", "stands twice"),
        ("regions.csv", "110101,东城区", "110102,东城区", "two regions in force"),
        ("regions.csv", "东城区,county,110000", "东城区,county,120001", "is no region"),
        ("regions.csv", "code,name", "code,title", "columns"),
        ("regions.csv", ",,2017\n", ",,17\n", "are no years"),
        ("regions.csv", "110101,东城区,county,110000,,\n", "", "3604"),
        ("regions.yaml", "licence:", "license:", "unknown key 'license'"),
    ],
)
def test_the_gazetteer_checks_itself(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        load_gazetteer(codebook_with(tmp_path, name, old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("agency_kinds.yaml", "  audit: [", '  audit: ["教育局", ', "stands under"),
        ("agency_kinds.yaml", "vertical:", "verticals:", "unknown key 'verticals'"),
        ("agency_kinds.yaml", '"审计署"]', '""]', "expected a phrase"),
        ("agency_kinds.yaml", '"住房和城乡建设局"', '""', "leads nowhere"),
        ("agency_overrides.yaml", '    reason: "seated', '    because: "seated', "unknown key 'because'"),
        ("agency_overrides.yaml", 'name: "黄河水利委员会"', 'name: "长江水利委员会"', "stands twice"),
    ],
)
def test_the_names_check_themselves(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        load_names(codebook_with(tmp_path, name, old, new))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodebookError, match=r"regions\.csv: cannot be read"):
        load_gazetteer(tmp_path)
