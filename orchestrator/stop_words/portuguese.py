"""How Brazilians say it."""

from __future__ import annotations

from orchestrator.stop_words.language import Language
from orchestrator.stop_words.meaning import Meaning

_SHORT = {
    "n": "nao", "nn": "nao", "num": "nao", "naum": "nao",
    "q": "que", "qro": "quero", "qero": "quero", "kero": "quero", "quro": "quero", "qria": "queria",
    "vc": "voce", "vcs": "voces", "ces": "voces", "vces": "voces",
    "msg": "mensagem", "msgs": "mensagens", "mgs": "mensagens", "msgm": "mensagem", "mensage": "mensagem",
    "mensagems": "mensagens", "mensagen": "mensagem", "promo": "promocao", "promos": "promocoes",
    "pra": "para", "p": "para", "pr": "para", "d": "de", "c": "com", "eh": "e", "ta": "esta", "to": "estou",
    "td": "tudo", "tds": "todos", "nd": "nada", "ngm": "ninguem", "pq": "porque", "pfv": "por favor",
    "tel": "telefone", "cel": "celular", "recebe": "receber", "reseber": "receber", "mto": "muito", "mta": "muita",
    "aki": "aqui", "+": "mais", "imediatamente": "", "urgentemente": "", "urgente": "",
    "whatsap": "whatsapp",
}  # fmt: skip

_NAMES = {
    "messages": (
        r"(?:mensage(?:m|ns)|sms|torpedos?|e ?mails?|whats(?: ?app)?|zap|promoc(?:ao|oes)|ofertas?|propagandas?"
        r"|publicidades?|anuncios?|novidades|newsletters?|notificac(?:ao|oes)|lembretes?|spams?|comunicac(?:ao|oes)"
        r"|comunicados?|informativos?|convites?|pesquisas?|marketing|divulgac(?:ao|oes)|boleti(?:m|ns)|malas? diretas?"
        r")\b"
    ),
    "lists": r"(?:listas?|grupos?|mailing|cadastro)\b",
    "from": r"(?:<now> )?(?:d|n)\w+ (?:\w+ ){0,2}(?:<messages>|<lists>)",
    "now": r"(?:ja|agora|logo|hoje|de (?:uma )?vez)(?: mesmo)?",
    # A list that somebody writes to, where nothing else says so: goods stand on lists, too.
    "writes_to": r"(?:$| d[aeo]s? (?:transmissao|envios?|distribuicao|disparos?|contatos?|clientes|voces?|<messages>))",
    "more": r"(?:(?:mais|nenhuma?|tipo|qualquer|ess[ae]s|suas|seus|as|os|de|das|dos|todas|todos|tant[ao]s?|novas) )*",
    "more_of_it": r"mais(?! (?:os?|as?|uma?|meu|minha)\b)",
    "want": (
        r"(?:quero|queremos|queria|quis|desejo|gostaria(?: mais)? de|pretendo|preciso|aceito|aguento|suporto|autorizo"
        r"|permito)"
    ),
    # Where "não" stands makes no difference: "não quero receber", "gostaria de não receber".
    "dont": r"(?:nao <want>|(?:quero|queria|gostaria de|prefiro|desejo|pretendo|peco para) nao)",
    "you": r"d[aeo] (?:voces?|loja)",
    "contact": r"(?:(?:me |nos )?<write>|<few><messages>)",
    "they": r"(?:voces?|a loja|essa loja|esse numero|esse povo|eles)",
    "remove": r"(?:(?:remov|tir|delet|retir)(?:a|am|e|em|er|ar)|exclu(?:a|am|i|ir)|apag(?:a|ue|uem|ar))",
    "removed": r"(?:removid|retirad|tirad|excluid|descadastrad|desinscrit)[oa]",
    "mine": r"(?:o |a )?(?:meu|minha|esse|este|nosso|nossa) (?:<number>|nome|no|nro)",
    "unsubscribe": r"(?:descadastr(?:a|e|em|ar|o)|desinscrev(?:a|am|er|o))",
    "stop": r"(?:par(?:e|em|ar|arem|assem?|a|o)|deix(?:e|em|ar|a))",
    "write": r"(?:mand|envi|escrev|perturb|incomod|enche|contat|receb|cham|lig|atorment|torra)\w*",
    # What is asked for, and what may also be a complaint that nothing comes any more.
    "writing": r"(?:mand|envi|escrev|contat|cham|procur|ligu?)(?:e|em|ar|arem)",
    "writes": r"(?:mand|envi|escrev|contat|cham|procur|lig)(?:a|am)",
    "cancel": r"(?:cancel|desativ|desabilit|suspend|interromp|encerr)(?:ar|arem|er|erem|a|am|e|em|o|amento)",
    "one": r"(?:a|essa|esta|minha|uma|da|dessa) (?:oferta|promocao)\b",
    "get_out": r"(?:parar(?:em)?|parem|sair|tirar(?:em)?|remover(?:em)?)",
    "could_do": r"(?:quero|queremos|desejo|preciso de|aguento|suporto)",
    "at_all": r"(?:mais|nada|isso|isto)",
    "no_interest": r"(?:nao (?:tenho|temos|ha)|sem|zero)(?: mais| nenhum| o menor)* interesse",
    # "Por que não me mandam mais ofertas?" asks for them.
    "unasked": r"(?<!por que )(?<!porque )(?<!voces )(?<!voce )",
    # "Disse que ia sair" is about somebody else.
    "some": r"(?:(?!ia |vou |vai )\w+ ){0,2}",
    "told": r"(?:pedi|pedimos|pedir|mandei|falei|(?:eu|ja) disse|avisei|solicitei)",
    "nowhere": r"(?:nenhum (?:canal|meio|lugar|jeito)|(?:canal|meio|lugar|jeito) nenhum)",
    # What a shop writes about what was bought, and what is bought. Who wants information only wants an answer.
    "notices": r"(?:mensage(?:m|ns)|sms|e ?mails?|avisos?|notificac(?:ao|oes))",
    "bought": r"(?:pedidos?|compras?|encomendas?|entregas?)",
    "about": r"(?:d[aeo]s?|sobre|referentes? a[os]*) (?:\w+ )?<bought>",
    "only": r"(?:so|somente|apenas|unicamente)",
    # Whom they go to when we do not stop.
    "complain": (
        r"(?:denunci\w+|process(?:o|ar|arei)|(?:n[oa] |ao? )?(?:procon|anatel|reclame aqui|policia)|advogad[oa])"
    ),
    "again": (
        r"(?:(?:se|caso) (?:voces? )?(?:me |nos )?(?:<writing>|receber) (?:mais|outr[ao])(?: \w+)? <messages>"
        r"|(?:se|caso) (?:voces? )?continu(?:ar|arem) (?:a |com )?<contact>)"
    ),
    "everything": r"(?:tudo|todos os dados|todas as informacoes|qualquer dado)",
    "hold": r"(?:voces? )?(?:tem|tenham|tiverem|sabem|saibam|guardam|guardaram)(?: \w+)?",
    "number": r"(?:numero|telefone|celular|contato|e ?mail|whatsapp|zap)",
}

_PHRASES = {
    Meaning.WRONG_PERSON: (
        r"^(?:(?:e|foi|esta|esse e|este e|esse|este) )?(?:o |a |um )?(?:<number>|pessoa) errad[oa]$",
        r"(?:para|pro|voces? tem|esta(?:o)? com) (?:o |a |uma? )?(?:<number>|pessoa) errad[oa]$",
        r"(?:esse|este|meu|o meu) <number> (?:e|esta|foi) (?:errado|trocado)$",
        r"(?:esse|este) <number> nao (?:e|pertence) (?:mais )?(?:ao?|d[aeo]|dess[ae]) \w+(?: \w+)?$",
        r"aqui nao e (?:mais )?(?:[ao]|d[aeo]|da casa d[aeo]) \w+$",
        r"nao e (?:mais )?(?:o |esse o )?<number> d[aeo] (?!casa|ap|cep|rua|cpf|protocolo)\w+$",
        r"(?:err|engan)(?:ou|aram)(?: se)? de <number>",
        r"(?:esse|este|o) <number> (?:agora|hoje) (?:e|pertence) (?:meu|a mim|de outra pessoa)",
        r"(?:esse|este) <number> (?:mudou|trocou) de don[oa]",
        r"nao sou (?:mais )?(?:essa pessoa|esta pessoa|quem voces? \w+)$",
        r"^(?:eu )?nao sou [ao] (?!favor|unic|primeir|ultim|mesm|melhor|pior|don[ao])\w+$",
        r"nao conheco (?:essa|esta) (?:pessoa|cliente)$",
        r"nao (?:conheco|tem|ha) ninguem (?:com esse nome|chamad[oa])",
        r"^(?:e|foi) engano$",
    ),
    Meaning.ERASURE: (
        r"<remove> (?:todos? |todas? )?(?:os |as )?(?:meus|minhas|nossos) (?:dados|informacoes)",
        r"(?:exclusao|remocao|eliminacao) (?:total )?d[aoe]s? (?:todos os )?(?:meus|minhas) (?:dados|informacoes)",
        r"elimin(?:e|em|ar) (?:todos )?(?:os )?meus dados",
        r"<remove> (?:o |a )?(?:meu cadastro|minha conta)(?! <from>)",
        r"(?:<remove>|elimin(?:e|em|ar)) <everything>(?: o)?(?: que <hold>)? (?:sobre|de|a respeito de) (?:mim|nos)$",
        r"direito ao esquecimento",
    ),
    Meaning.OPT_OUT_ALL: (
        r"(?:sair|par(?:ar|e|em) com|<unsubscribe>|<remove>|parar) (?:de |do |da )?(?:todas as listas|todos os canais)",
        r"(?:(?:sair|<unsubscribe>|<remove>) (?:de|do|da)|par(?:ar|e|em) com) tudo$",
        r"nao (?:<want>|(?:me )?<writing>) (?:mais )?<few>(?:em|por|de) <nowhere>",
        r"<unsubscribe> de <few>todos os canais",
        r"<cancel> tudo que (?:voces? )?(?:me )?<write>",
    ),
    Meaning.OPT_OUT: (
        r"<dont> (?:mais )?(?:continuar )?(?:a )?receb(?:er|endo) <few><messages>",
        r"nao <could_do> <more><messages>",
        r"nao <could_do> mais (?:a |o |essa |esse )<messages>",
        r"<dont> (?:mais )?(?:receber|ser (?:contat|incomod|perturb)ad[oa])(?: <at_all>| nao)*(?: <you>)?$",
        r"nao <want> (?:mais )?(?:receber )?(?:mais )?nada (?:mais )?<you>",
        r"nao <want> (?:mais )?saber d(?:e|as|os) (?:<few><messages>|voces?$)",
        r"nao <want> (?:mais )?(?:fazer parte|participar|estar|continuar|ficar) <from>",
        r"nao <want> (?:mais )?que (?:voces? )?(?:me )?(?:mandem|enviem|escrevam|contatem|incomodem|liguem)",
        r"nao <want> (?:mais )?(?:nenhum |o )?contato(?: <you>)?$",
        r"nao (?:me |nos )?<writing> (?:<few>(?:<more_of_it>|<messages>)|nada$)",
        r"<unasked>nao (?:me |nos )?<writes> (?:<few>(?:<more_of_it>|<messages>)|nada$)",
        r"nao (?:precisam?|e para|podem?|devem?) (?:mais )?(?:me )?<writing> <few>(?:mais$|<messages>)",
        r"nao (?:me )?(?:perturb|incomod)(?:a|e|em)",
        r"nunca mais (?:me )?(?:mand|envi|escrev|contat|ligu?)(?:a|e|am|em)",
        r"nao (?:autoriz|permit)(?:ei|i|o)(?:$| (?:isso|isto)| <few>(?:contato|<messages>)| (?:\w+ ){0,3}<mine>)",
        r"nao dei (?:permissao|autorizacao|consentimento)",
        r"(?:nao|nunca) (?:pedi|solicitei|assinei|me cadastrei|me inscrevi) <few><messages>",
        r"(?:quero|queria|mand\w+|envi\w+|receber)(?: \w+){0,3} mais nao$",
        r"quero receber(?: \w+){0,2} nao$",
        r"<stop> (?:<now> )?(?:com |de )(?:isso|isto|<few><messages>|(?:me |nos )?<write>)",
        r"<they> (?:nao|nunca|so nao) (?:para|param|pararam) (?:de |com )<contact>",
        r"(?:nao|nunca) (?:param|pararam) (?:de |com )<contact>",
        r"se (?:voces? )?nao parar(?:em)? (?:de |com )<contact>",
        r"<told> <some>(?:para |que )?(?:me )?<get_out>(?:$| daqui| dai| de <write>| <from>)",
        r"<told> <some>(?:para|que) nao (?:me )?<write>(?: mais)?(?:$| isso| nada| <few><messages>)",
        r"nao (?:aguento|suporto) (?:mais )?(?:\w+ )?<write>",
        r"^(?:ja )?deu (?:de|com) <few><messages>",
        r"(?:chega|basta|cansei|cansad[oa]|fart[oa]|saco cheio) (?:de |com |d[ao]s )<contact>",
        r"(?:me <remove>|<remove> (?:me|eu|nos))(?:$| (?:daqui|dai|disso|disto)| <from>)",
        r"<remove> (?:d|n)\w+ (?:\w+ )?<lists><writes_to>",
        r"<remove> (?:o |a )?meu cadastro <from>",
        r"<remove> <mine>(?:$| (?:d|n)\w+)",
        r"(?:quero|queria|gostaria de|desejo|preciso) ser <removed>(?:$| daqui| dai| <from>)",
        r"(?:exclusao|remocao|retirada|descadastr\w+|baixa) d[aeo] <mine>",
        r"<unsubscribe>(?:$| <mine>| <from>)",
        r"(?:me|nos) <unsubscribe>|<unsubscribe> (?:me|nos)",
        r"me bloque(?:ia|ie|iem|em)",
        r"(?:sair|saio|sai|saindo) <from>",
        r"(?:quero|queria|desejo|gostaria de|preciso) (?:sair|parar)(?: dai| daqui| disso)?$",
        r"como (?:eu )?(?:faco|fazer|posso|fazemos)(?: para)?(?: eu)? (?:sair|parar|nao receber)(?: <at_all>)*$",
        r"como (?:eu )?(?:faco|fazer|posso)(?: para)?(?: eu)? nao receber <few><messages>",
        r"como (?:eu )?(?:saio|paro|desativo|me <unsubscribe>)(?: de| com| isso| daqui| disso)*$",
        r"(?:sair|parar|pare|parem|stop) (?:<messages>|tudo)$",
        r"<cancel> (?:a |minha |a minha |de |da |da minha )?inscricao(?:$| <from>)",
        r"<cancel> (?:a |de |da )?assinatura$",
        r"<cancel> (?:a |de |da )?(?:minha )?assinatura <from>",
        r"<cancel> (?:o )?(?:meu )?(?:cadastro <from>|(?:recebimento|envio)$)",
        r"<cancel> (?:(?:o|do) (?:recebimento|envio) )?(?!<one>)<few><messages>",
        r"(?:revog|retir)(?:o|ar) (?:o )?(?:meu )?consentimento",
        r"me deix(?:a|e|em) em paz",
        r"me esque(?:ca|cam|ce)$",
        r"esque(?:ca|cam|ce) (?:de mim|que eu existo|(?:o )?meu (?:numero|telefone|contato|e ?mail))",
        r"<no_interest>(?:$| em (?:receb|continuar)\w*| (?:nas|em) (?:suas )?<messages>)",
        r"nao (?:estou|sou|fiquei) (?:mais )?interessad[oa](?:$| em receb\w+)",
        r"nao me interess(?:a|am|o)(?: mais)?$",
        r"(?:isso|isto|voces?|ess[ae]s? \w+) (?:ja )?(?:e|sao|parecem?|virou|viraram) (?:um |puro |so |muito )?spam$",
        r"denunci\w+ (?:\w+ ){0,3}spam",
        r"<complain>(?: \w+){0,5} <again>|<again>(?: \w+){0,5} <complain>",
        r"(?:mais uma?|outra|na proxima) <messages>(?: \w+){0,4} <complain>",
        r"proib(?:o|imos|id[oa]s?) (?:\w+ ){0,3}<write> (?:<few>(?:<messages>|<mine>)|para mim)",
        r"proib(?:o|imos|id[oa]s?) (?:\w+ ){0,3}(?:(?:me|nos) <write>|contato$)",
        r"(?:vou|irei) (?:te |os )?bloquear(?:$| (?:voces?|esse|este))",
    ),
    Meaning.PAUSE: (
        r"paus(?:ar|a|e|em) (?:<few><messages>|por \w+)",
        r"(?:da|de|deem|dar) (?:um tempo|uma pausa)(?:$| <from>)",
        r"menos <messages>",
        r"(?:diminu|reduz)\w+ <few><messages>",
    ),
    Meaning.OPT_IN: (
        r"(?:quero|queria|gostaria de|aceito|autorizo) (?:voltar a )?receber <more><messages>",
        r"(?:quero|queria|gostaria de) voltar a receber$",
        r"(?:podem? voltar|voltem?) a (?:me )?(?:mandar|enviar) <more><messages>",
    ),
    Meaning.AMBIGUOUS: (
        r"cancelar (?:[ao]s? )?(?:meus?|minhas?) (?:cadastro|conta|assinatura)",
        r"<remove> (?:[ao]s? )?(?:meus?|minhas?) assinatura",
        r"<want> receber <only> (?:informac|atualizac)(?:ao|oes) <about>",
        r"<only> <want> receber (?:informac|atualizac)(?:ao|oes) <about>",
        # A name, or anything else that nobody there knows.
        r"nao conheco (?:nenhuma?|ess[ae]) \w+$",
        r"(?:vou|irei) (?:\w+ ){0,4}<complain>",
    ),
}  # fmt: skip

_ORDERS_ONLY = (
    r"<want> <only> (?:receber )?(?:as |os )?<notices> <about>",
    r"<want> receber <only> (?:as |os )?<notices> <about>",
    r"<only> <want> (?:receber )?(?:as |os )?<notices> <about>",
    r"<want> (?:receber )?<notices> <only> <about>",
    r"(?:(?:me |nos )?<writing> (?:me )?<only>|<only> (?:me |nos )?<writing>) (?:as |os )?<notices> <about>",
)

PORTUGUESE = Language(
    code="pt",
    short=_SHORT,
    # "e" parts what follows only where a wish of its own begins: "ofertas e novidades" is one thing.
    parts=(
        r"\b(?:mas|(?<=\w )porque|pois|entao)\b"
        r"|\be (?=(?:nao|nem|nunca|chega|quero|parem?|para (?:de|com)|me|tir|remov|descadastr)\b)"
    ),
    names=_NAMES,
    # Spanish says "no": both read "no pare de mandar" alike.
    never="nao|nunca|jamais|nem|no",
    between=(
        r"que|me|nos|se|voces?|quer|quero|queria|queremos|desejo|gostaria|de|vou|vao|pretendo|precis\w+|pedi|pens\w+|em"
        r"|e|para|podem?|devem?|deix(?:e|em|ar)|mais"
    ),
    phrases=_PHRASES,
    orders_only=_ORDERS_ONLY,
)
