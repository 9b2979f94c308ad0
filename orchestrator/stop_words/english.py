"""How it is said in English."""

from __future__ import annotations

from orchestrator.stop_words.language import Language
from orchestrator.stop_words.meaning import Meaning

_SHORT = {
    "u": "you", "ur": "your", "r": "are", "txt": "text", "txts": "texts", "txting": "texting", "msg": "message",
    "msgs": "messages", "wanna": "want to", "dnt": "dont", "dun": "dont", "em": "them", "plz": "please",
    "pls": "please", "unsubscibe": "unsubscribe", "unsuscribe": "unsubscribe", "+": "more",
}  # fmt: skip

_NAMES = {
    "messages": (
        r"(?:messages?|texts?|sms|e ?mails?|mail|offers?|deals|promotions?|promos?|ads?|advertising|marketing"
        r"|newsletters?|notifications?|spam|mailings?)\b"
    ),
    "write": r"(?:text|messag|e ?mail|contact|writ|spam|bother|whatsapp|call|annoy|harass)\w*",
    "more": r"(?:(?:any|more|your|these|those|such|further|the) )*",
    "not": r"(?:dont|do not|no longer|never)",
    "hold": r"(?:have|know|keep|hold)(?: (?:stored|saved))?",
    "stop": r"(?:stop|quit|cease)(?! (?:by|in|at|over)\b)",
}

_PHRASES = {
    Meaning.WRONG_PERSON: (
        r"(?:^|(?:the|a|is|got|have) )wrong (?:number|person|phone)$",
        r"(?:this|it) (?:is not|isnt) (?:\w+ ){0,2}(?:number|phone)(?: anymore)?$",
        r"(?:i )?dont know (?:this person|anyone (?:by|with|called|named))",
    ),
    Meaning.ERASURE: (
        r"(?:delete|erase|remove|wipe) (?:all )?(?:of )?my (?:personal )?(?:data|information|info|details)",
        r"(?:delete|erase|remove|wipe) my account(?! from)",
        r"(?:delete|erase|remove|wipe) (?:everything|all) (?:that )?you <hold> (?:about|on|of) (?:me|us)",
        r"right to be forgotten",
    ),
    Meaning.OPT_OUT_ALL: (
        r"(?:unsubscribe|remove|opt)(?: me)?(?: out)? (?:from|of|off) (?:everything|all lists|all channels)",
    ),
    Meaning.OPT_OUT: (
        r"<stop> (?:\w+ ){0,2}(?:<write>|sending (?:me|us))",
        r"<stop> (?:(?:all|the|these|your|sending) ){0,2}<messages>$",
        r"<stop> sending(?: (?:this|these|those|that|it|stuff|so many))*$",
        r"(?:(?:said|told you to|say) |make (?:it|this|them) )stop$",
        r"^(?:(?:please|just|ok|no|omg|you) )*stop(?: (?:it|this|that|now|already))+$",
        r"<not> (?:ever )?(?:<write> (?:me|us)|send (?:me|us) (?:this|these|<few>(?:<messages>|anything|again)))",
        r"<not> (?:ever )?(?:<write>|send) (?:\w+ )?(?:this|my) (?:number|phone|e ?mail)",
        r"<not> (?:want|wish|agree) (?:to (?:get|receive|be sent) )?<more><messages>",
        r"<not> (?:want|wish) (?:to (?:hear from|be contacted)|anything (?:else )?from)",
        r"(?:remove|take|delete|drop|get) (?:me|(?:my|this) (?:number|name|phone|e ?mail))(?:$| (?:off|from|out))",
        r"(?:unsubscribe|unsub|opt (?:me |us )?out|opting out)\b",
        r"no more(?: (?:\w+ )?<messages>|$)",
        r"(?:cancel|end) (?:my |the |these |this )?<messages>",
        r"(?:revoke|withdraw) (?:my )?consent",
        r"leave me alone",
        r"not interested(?:$| in (?:your|the|any|these|getting|receiving))",
        r"(?:enough|tired|sick) (?:of|with) <few><messages>",
        r"(?:<not>|not) (?:consent|authori[sz]e\w*)",
        r"(?:lose|forget) my number",
        r"(?:never|didnt|did not) (?:sign\w*|subscrib\w*|ask\w*|opt\w*)(?: up| in)? (?:for|to) (?:this|these|any|your)",
        r"(?:this|it|these \w+) (?:is|are) (?:just |pure )?(?:spam|harassment)$",
        r"report\w* (?:\w+ ){0,4}spam",
    ),
    Meaning.PAUSE: (
        r"pause (?:\w+ ){0,2}<messages>",
        r"(?:fewer|less) <messages>",
    ),
    Meaning.OPT_IN: (
        r"(?:subscribe|sign) me(?: up)?(?: again)?$",
        r"opt me in",
        r"(?:i want|id like|i would like) to (?:get|receive) <more><messages>",
    ),
    Meaning.AMBIGUOUS: (r"(?:cancel|close) my (?:account|subscription)", r"delete my subscription"),
}

ENGLISH = Language(
    code="en",
    ends_doubled=True,
    short=_SHORT,
    parts=(
        r"\b(?:because|cause)\b"
        r"|\b(?:and|so) (?=(?:stop|quit|dont|do not|please|remove|take|no more|never|unsub\w*|leave|i)\b)"
    ),
    names=_NAMES,
    never="dont|do not|doesnt|never|not|cant|wont|nao|nunca|jamais|nem",
    between="want|wish|like|need|going|plan|to|ever|you|please|do|would|i|me|us",
    phrases=_PHRASES,
)
