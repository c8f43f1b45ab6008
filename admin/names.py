"""Words that pages show as data has them: marked here, so that a catalogue holds them for `_` to translate."""

from __future__ import annotations

from admin.words import mark

ROLES = (mark("server"), mark("admin"), mark("viewer"), mark("user"))
LAMPS = (mark("on"), mark("late"), mark("off"), mark("unknown"))
PAIRING = (mark("open"), mark("closed"), mark("paired"), mark("blocked"))
OUTCOMES = (
    mark("served"),
    mark("refused"),
    mark("unknown"),
    mark("unassigned"),
    mark("not-ours"),
    mark("broken"),
)
"""What came of a request."""
CHANGES = (mark("added"), mark("changed"), mark("removed"), mark("revealed"))
"""What the audit log says of a change."""
ITEMS = (mark("waiting"), mark("done"), mark("failed"), mark("cancelled"))
"""How far a job is with one of its devices."""
SAYS = (mark("the device is gone"), mark("the database refused it"))
"""What a job says of a device where no action did."""
MODES = (
    mark("none"), mark("local"), mark("line"), mark("shared line"), mark("blf"), mark("speed dial"), mark("park"),
    mark("pickup"), mark("group pickup"), mark("intercom"), mark("paging"), mark("dtmf"), mark("prefix"),
    mark("transfer"), mark("conference"), mark("hold"), mark("private hold"), mark("record"), mark("voicemail"),
    mark("forward"), mark("dnd"), mark("redial"), mark("history"), mark("directory"), mark("ldap"), mark("url"),
    mark("xml"), mark("queue login"), mark("presence"), mark("flag"), mark("mute"), mark("hot desk"), mark("menu"),
    mark("native"),
)  # fmt: skip
"""The modes of buttons, with blanks for their hyphens."""
