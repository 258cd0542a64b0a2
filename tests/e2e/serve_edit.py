"""What a page reads and changes of a meeting, without sound and without a language model: seconds."""
import shutil
from serve_client import *

data = tempfile.mkdtemp()
TALK = "Kim: We moved the launch to the third of May.\nLee: I will write the press release by Friday.\nKim: Who pays for the hall?\nLee: The budget is not decided yet.\n"


def cli(*a):
    p = subprocess.run([MOIM, *a], env={**os.environ, "XDG_DATA_HOME": data}, capture_output=True, text=True)
    assert p.returncode == 0, (a, p.stderr)
    return p.stdout


def take_in(name, text=TALK):
    with open(os.path.join(data, name), "w") as f:
        f.write(text)
    return int(cli("import", os.path.join(data, name), "--no-process"))


def reads(d, id):
    """Every answer that needs neither sound nor models is as docs/openapi.yaml says (serve_client.py looks)."""
    for path in ("hello", "state", "recording", "devices", "meetings", f"meetings/{id}", "search?q=launch&words=1", "tags", "vocabulary", "settings", "models", "jobs", "device"):
        d.ok("GET", f"/api/v1/{path}")
    for f in ("md", "txt", "srt", "vtt", "json", "html", "docx"):
        assert d.request("GET", f"/api/v1/meetings/{id}/export?format={f}", raw=True)[0] == 200, f
    d.refused(404, "GET", f"/api/v1/meetings/{id}/audio", code="no_audio")


def main():
    id = take_in("talk.txt")
    d = Daemon(data)
    try:
        ev = Events(d)
        ev.wait("state")
        reads(d, id)
    finally:
        d.stop()


main()
shutil.rmtree(data)
print("edit: all well")
