"""Reports as files: the smallest of each format."""

import io
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF with one line a page (ISO 32000-1, 7.5)."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        content = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET" if text else ""
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 200] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010} 00000 n \n" for place in places).encode())
    size = len(objects) + 1
    out.write(f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def locked(data: bytes, password: str = "secret") -> bytes:
    """The same PDF behind a password."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(data)))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def docx(paragraphs: Sequence[str], notes: Sequence[str] = ()) -> bytes:
    """A DOCX of plain paragraphs and footnotes."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def part(root: str, texts: Sequence[str]) -> str:
        body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
        return f"<w:{root} {space}>{body}</w:{root}>"

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", part("document", paragraphs))
        if notes:
            package.writestr("word/footnotes.xml", part("footnotes", notes))
    return out.getvalue()


def mail(body: str, *, html: bool = False) -> bytes:
    """An e-mail with an attachment."""
    message = EmailMessage()
    message["From"] = "desk@example.org"
    message["Subject"] = "What we saw"
    message["Date"] = "Mon, 24 Jun 2024 09:00:00 +0000"
    message.set_content(body, subtype="html" if html else "plain")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="full.pdf")
    return bytes(message)


FEED = b"""<?xml version="1.0"?>
<rss version="2.0"><channel><title>A paper</title>
<item><title>First</title><link>https://news.example.org/1</link>
<description>&lt;p&gt;Naikon attacked operators in Laos.&lt;/p&gt;</description></item>
<item><title>Second</title><description>Nothing happened.</description></item>
</channel></rss>"""

STIX = b"""{"type": "bundle", "id": "bundle--1", "objects": [
{"type": "intrusion-set", "id": "intrusion-set--1", "name": "Naikon"},
{"type": "malware", "id": "malware--1", "name": "COOLCLIENT"},
{"type": "domain-name", "id": "domain-name--1", "value": "c2.example.net"},
{"type": "relationship", "id": "relationship--1", "relationship_type": "uses",
 "source_ref": "intrusion-set--1", "target_ref": "malware--1"}]}"""

MISP = b"""{"Event": {"info": "Naikon malware against operators", "date": "2024-06-24",
"Attribute": [
{"type": "ip-dst", "value": "198.51.100.7", "comment": "C2"}], "Tag": [{"name": "tlp:amber"}]}}"""
