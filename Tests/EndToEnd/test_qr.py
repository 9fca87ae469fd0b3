"""QR symbols of links, module by module against another implementation."""

import re
import xml.etree.ElementTree

import qrcode


def test_a_qr_symbol_is_that_of_another_implementation(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply"))
    link = desk.admin.post("/api/v1/links", {"name": "made", "project": desk.id})
    answer = desk.admin.attempt("GET", f"/api/v1/links/{link['id']}/qr.svg")
    assert answer.status == 200 and answer.headers["Content-Type"] == "image/svg+xml"
    assert modules_of(answer.body) in [symbol(link["url"], mask) for mask in range(8)]


def symbol(text, mask):
    """The modules that the other implementation makes of a text."""
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=mask)
    code.add_data(qrcode.util.QRData(text.encode(), mode=qrcode.util.MODE_8BIT_BYTE), optimize=0)
    code.make()
    return tuple(tuple(map(bool, row)) for row in code.get_matrix())


def modules_of(svg):
    """The modules of a symbol that is drawn as horizontal runs with a margin of four."""
    root = xml.etree.ElementTree.fromstring(svg)
    side = int(root.get("viewBox").split()[2])
    dark = set()
    for x, y, count in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", root[1].get("d")):
        dark |= {(int(x) + offset, int(y)) for offset in range(int(count))}
    return tuple(tuple((x, y) in dark for x in range(4, side - 4)) for y in range(4, side - 4))
