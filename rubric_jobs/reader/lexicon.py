"""The vocabulary of rubrics in the supported languages.

Patterns match `plain(text)`: lower case, without accents, with single spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    if text.isascii():
        return " ".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFKC", bare).replace("’", "'").split())


def _words(*groups: str) -> re.Pattern[str]:
    """One pattern for all groups. It matches whole words; Chinese and Japanese words match anywhere."""
    latin = "|".join(group for group in groups if not _is_wide(group))
    wide = "|".join(group for group in groups if _is_wide(group))
    return re.compile(rf"(?<![^\W_])(?:{latin})(?![^\W_])" + (f"|{wide}" if wide else ""))


def _is_wide(group: str) -> bool:
    """Whether the group is Chinese or Japanese, which have no spaces between words."""
    return group[0] >= "\u2e80"


LEVEL = _words(
    # English
    "excellent|excellence|exceptional|exemplary|outstanding|distinguished|superior|advanced|expert|master(?:y"
    "|ed|ful)?"
    "|proficien(?:t|cy)|accomplished|competen(?:t|ce)|skilled|strong|good|great|very good|satisfactory|adequate"
    "|acceptable|average|fair|basic|developing|developed|well[- ]developed|underdeveloped|emerging|emergent"
    "|beginn(?:ing|er)|novice|apprentice|practitioner|intermediate|limited|needs? (?:improvement|work|attention"
    "|revision)"
    "|unsatisfactory|inadequate|poor|weak|fail(?:ing|s|ed|ure)?|insufficient|incomplete|missing|not (?:yet|met"
    "|evident"
    "|acceptable|observed|present|shown|satisfactory|proficient|submitted|attempted|done|included|complete)"
    "|no evidence|absent"
    "|exceed(?:s|ing|ed)?(?: .*)?|meets?(?: .*)?|met|meeting(?: .*)?|approach(?:es|ing)(?: .*)?|below(?: .*)?"
    "|above(?: .*)?"
    "|does not meet(?: .*)?|partial(?:ly)?(?: .*)?|full (?:credit|marks|points)|partial (?:credit|marks)"
    "|half (?:credit|marks)"
    "|(?:no|zero) (?:credit|marks|points)|high|medium|low|distinction|merit|pass|first class|second class|third class"
    "|capstone|milestones?|benchmark|level \\d|level [a-f]|band \\d|highly effective|effective|ineffective"
    "|always|usually"
    "|often|sometimes|rarely|never|target|unacceptable|marginal|sophisticated|mature|minimal|substantial|thorough"
    "|complete|(?:strongly |somewhat )?(?:dis)?agree|neutral|on target|not there yet|got it|almost|tier \\d"
    "|achieved|not achieved|mostly|fully(?: .*)?",
    # Spanish, Portuguese
    "excelente|sobresaliente|destacado|muy bueno|muy bien|bueno|bien|satisfactori[oa]|suficiente|notable"
    "|regular|mejorable"
    "|insuficiente|deficiente|malo|por lograr"
    "|por mejorar|basico|en desarrollo|en proceso|inicial|avanzad[oa]|(?:no |por "
    "|medianamente )?logrado"
    "|competente|experto|aprobado|reprobado|necesita mejorar|requiere mejora|adecuad[oa]|inadecuad[oa]|alto"
    "|medio|bajo"
    "|nivel \\d|otimo|muito bom|bom|satisfatori[oa]|insatisfatori[oa]|ruim|fraco|pleno|parcialmente(?: .*)?"
    "|totalmente(?: .*)?"
    "|atende(?: .*)?|nao atende(?: .*)?|supera(?: .*)?|cumple(?: .*)?|no cumple(?: .*)?|incompleto|completo"
    "|superior|inferior"
    "|intermedi[oa]|incipiente|autonomo|estrategico|resolutivo|preformal|receptivo|basica",
    # French, Italian
    "tres bien|tres bon|bon|assez bien|passable|insuffisant|satisfaisant|tres satisfaisant|peu satisfaisant"
    "|insatisfaisant"
    "|acquis|non acquis|en cours d'acquisition|partiellement acquis|maitrise(?: .*)?|tres bonne maitrise"
    "|fragile|debutant"
    "|a ameliorer|faible|moyen|remarquable|conforme|non conforme|atteint|non atteint|partiellement atteint|depasse"
    "|eccellente|ottimo|distinto|buono|discreto|sufficiente|insufficiente|scarso|avanzato|intermedio|base|iniziale"
    "|livello \\d|gravemente insufficiente|niveau \\d|stufe \\d",
    # German, Dutch, Scandinavian
    "sehr gut|gut|befriedigend|ausreichend|mangelhaft|ungenugend|(?:teilweise |nicht |voll |vollstandig )?erfullt"
    "|ubertroffen|hervorragend|ausgezeichnet|schwach|anfanger|fortgeschritten|nicht erreicht|erreicht|sehr schwach"
    "|uitstekend|goed|ruim voldoende|voldoende|onvoldoende|matig|zwak|zeer goed|beginnend|gevorderd|beginner"
    "|utmarkt|mycket bra|bra|godkant|underkant|fremragende|god|tilfredsstillende|mangelfull",
    "отлично|хорошо|удовлетворительно|неудовлетворительно|высокий|средний|низкий",
    # Chinese, Japanese
    "优秀|優秀|优|良好|中等|及格|合格|不及格|不合格|较差|较好|一般|优良|待改进|良|差|優れている|普通|不十分|十分",
)

CRITERION = _words(
    "criteri(?:on|a|ons|as|um|en)|categor(?:y|ies)|traits?|dimensions?|components?|elements?|aspects?|items?"
    "|tasks?|skills?"
    "|objectives?|standards?|sections?|areas?|indicators?|requirements?|learning outcomes?|outcomes?|questions?"
    "|rubric"
    "|features?|parts?|domains?|competenc(?:y|ies)|attributes?|deliverables?|grading criteria|factors?"
    "|performance area",
    "criterios?|indicador(?:es)?|aspectos?|categorias?|dimension(?:es)?|componentes?|rubros?|elementos?|tareas?"
    "|rubrica"
    "|actividad(?:es)?|competencias?|quesitos?|itens|tarefas?|parametros?|apartados?|dimensao|dimensoes",
    "criteres?|competences?|indicateurs?|elements?|taches?|objectifs?|questions?|kriterium|kriterien|bereiche?"
    "|aspekte?"
    "|aufgaben?|kategorien?|teilaufgaben?|merkmale?|criteri[oa]?|indicatori|indicatore|descrittori|ambito|compiti"
    "|onderde(?:el|len)|beoordelingscriteria|критери[йи]|kriterier|omrade",
    "评分项目|评价项目|评价指标|评分指标|评分标准|评分项|评价内容|考核内容|考核项目|评价维度|指标|项目|維度|维度|观测点|評価項目|評価基準|観点|項目|内容|标准",
)

POINTS = _words(
    "points?|pts?|marks?|score|scores|max|maximum|value|worth|possible|credits?|points? possible|out of"
    "|mark allocation",
    "puntos?|puntaje|puntuacion|puntajes|valor|calificacion|nota maxima|nota|pontos|pontuacao|valores|punteo|ptos",
    "note|bareme|punkte?|punktzahl|max|bewertung|bp|be|punti|punteggio|punten|score|баллы?|poang|poeng",
    "分值|分数|满分|配点|得分|点数|分",
)

WEIGHT = _words(
    "weight|weighting|weights|percent|percentage|%|peso|ponderacion|porcentaje|percentual|ponderation|poids|gewicht"
    "|gewichtung|weging|anteil|coefficient|coef",
    "权重|比例|占比",
)

EARNED = _words(
    "earned|awarded|received|obtained|your|self|peer|grade|grader|mark|score|assessed|actual|raw|achieved"
    "|student score"
    "|obtenid[oa]s?|obtenu[es]*|erreichte?|erzielte?|behaald|conseguid[oa]|nota final|nota obtenida|media"
    "|ottenut[oi]|calificacion",
    "得分|实际得分|自评|互评|师评|教师评分",
)

NOTES = _words(
    "comments?|notes?|feedback|remarks?|evidence|suggestions?|teacher|instructor|initials?|date|check|page"
    "|observaciones"
    "|comentarios?|observacoes|commentaires?|remarques?|observations?|bemerkung(?:en)?|kommentare?|opmerkingen"
    "|osservazioni"
    "|toelichting|anmerkung(?:en)?|recommended .*",
    "备注|评语|コメント|備考",
)

DESCRIPTION = _words(
    "descriptions?|descriptors?|details?|requirements?|expectations?|explanation|what (?:we|i|to) .*"
    "|looks? like|guidelines?"
    "|descripcion|descripciones|descriptor(?:es)?|descricao|detalle|requisitos?|descriptifs?|attendus?|consignes?"
    "|beschreibung|beschrijving|descrizione|erlauterung|erwartungen|specifications?|prompts?|questions?|explicacion",
    "说明|要求|评分标准|评价标准|评分细则|描述|内容|説明",
)

RUBRIC = _words(
    "rubrics?|grading (?:criteria|guide(?:lines)?|scheme|sheet|form|rubric|breakdown)|mark(?:ing)? (?:guide|scheme"
    "|criteria|rubric|sheet|key)"
    "|scoring (?:guide|sheet|rubric|criteria)|(?:assessment|evaluation|judging) (?:criteria|rubric|form|sheet"
    "|scheme|grid|guide)"
    "|graded (?:on|according|based|using|out)|score ?sheet|assessed (?:on|according)|judged on|criteria"
    "|points out of|point breakdown"
    "|how [^.?]{2,40} (?:graded|marked|assessed|evaluated|judged|scored)"
    "|grade breakdown|mark(?:ing)? allocation|checklist|points? (?:possible|distribution|allocation)",
    "rubricas?|pauta de (?:evaluacion|correccion|cotejo)|criterios? de (?:evaluacion|avaliacao|correccion"
    "|correcao|calificacion)"
    "|lista de (?:cotejo|chequeo|verificacion)|evaluacion|avaliacao|barema|escala de valoracion"
    "|instrumento de evaluacion",
    "bareme|grille(?: d'evaluation| de notation| de correction)?|criteres d'evaluation|bewertungs(?:raster"
    "|bogen|kriterien|schema)"
    "|erwartungshorizont|beurteilungs(?:raster|bogen|kriterien)|punkteverteilung|griglia|criteri di valutazione"
    "|rubrica di valutazione"
    "|beoordelings(?:formulier|criteria|model|schema)|rubriek|критерии (?:оценки|оценивания)|bedomning\\w*"
    "|vurdering\\w*",
    "评分标准|评分细则|评价标准|评分表|评价表|考核标准|评分|評価基準|ルーブリック|評分",
)

GRADING = _words(
    "grading|graded|marking|scoring|judging|evaluation|assessment|grade sheet|feedback (?:form|sheet)|points|marks"
    "|calificacion|correccion|puntuacion|pontuacao|correcao|notation|correction|bewertung|benotung|korrektur"
    "|valutazione"
    "|beoordeling|nakijk\\w*",
    "评分|评价|考核|成绩",
)

TOTAL = _words(
    "(?:grand |sub ?|overall |final )?totals?|total (?:points?|score|marks?|grade)|sum|overall (?:score|grade"
    "|mark)|final (?:score|grade|mark)"
    "|maximum (?:score|points|marks)|possible points|puntaje total|puntuacion total|suma|nota final"
    "|pontuacao total|soma"
    "|somme|note (?:finale|globale|totale)|gesamt(?:punktzahl|punkte|note|ergebnis)?|summe|insgesamt|totale"
    "|punteggio totale|totaal"
    "|eindcijfer|i alt|totalt|sammanlagt|итого|всего",
    "总分|合计|总计|共计|满分|小计|合計",
)

PENALTY = _words(
    "malus|penalt(?:y|ies)|deductions?|deduct(?:ed)?|late(?:ness)?|late (?:work|submission|penalty)|points? off"
    "|minus|lose points"
    "|penalizacion(?:es)?|descuentos?|penalidades?|atraso|descontos?|penalites?|retard|abzug|abzuge|punktabzug"
    "|verspatet\\w*"
    "|penalita|ritardo|aftrek|te laat",
    "扣分|迟交|减分",
)

BONUS = _words(
    "bonus(?:es)?|extra credit|bonus points|puntos? extra|bonificacion|pontos? extra|zusatzpunkte|bonuspunkte"
    "|punti bonus",
    "加分",
)

COURSE_PART = _words(
    "assignments?|homeworks?|exams?|examinations?|mid ?-?terms?|finals?|final exam|quiz(?:zes)?|tests?"
    "|participation|attendance"
    "|labs?|laborator(?:y|ies)|problem sets?|class work|readings?|discussion boards?|projects?|papers?|essays?"
    "|tutorials?|seminars?"
    "|examen(?:es)?|parcial(?:es)?|tareas?|asistencia|participacion|practicas?|laboratorios?|provas?|trabalhos?"
    "|frequencia|klausur(?:en)?"
    "|hausaufgaben|mitarbeit|controles?|devoirs?|examens?|assiduite|huiswerk|tentamen",
    "考试|期末|期中|平时成绩|作业|考勤|出勤",
)

COMMERCE = _words(
    "invoice|qty|quantity|price|unit price|amount|subtotal|tax|vat|due date|bill(?:ed)? to|order|sku|discount"
    "|cost|budget|expenses?|story points|user stor(?:y|ies)|priority|backlog|sprint|prioridad|prioridade|prioritat"
    "|factura|precio|cantidad|iva|facture|prix|quantite|tva|rechnung|preis|menge|mwst|fattura|prezzo|factuur"
    "|prijs|btw",
    "发票|单价|数量|金额",
)

SCHEDULE = _words(
    "week|date|day|time|room|lecture|topic|topics|reading|due|monday|tuesday|wednesday|thursday|friday|semana"
    "|fecha|dia|hora|aula"
    "|woche|datum|uhrzeit|raum|thema|semaine|jour|heure|salle|settimana|data|ora|agenda|attendees|minutes"
    "|location|office hours|email"
    "|phone|name|calendar|deadline|instructor",
    "周次|日期|时间|地点",
)

MEASURE = _words(
    "hours?|hrs?|minutes?|mins?|seconds?|time|times|durations?|pages?|words?|weeks?|days?|years?|ages?|mean|average|avg"
    "|median|sd|std|deviation|counts?|frequency|responses|votes|size|length|speed|volume|mass|distance|temperature"
    "|ects|version|rank|ranking|quantity|qty|population|semesters?"
    "|horas?|minutos?|tiempo|tempo|duracion|duracao|semanas?|dias?|paginas?|palabras|media|promedio|cantidad"
    "|heures?|duree|jours?|semaines?|moyenne|stunden?|dauer|zeit|tage?|wochen?|seiten?|durchschnitt|anzahl|menge"
    "|ore|durata|giorni|settimane|uren|duur|weken",
    "学时|课时|周数|页数|平均|时间|時間|人数",
)
"""Words for what numbers measure other than merit."""

YES_NO = _words(
    "yes|no|n/?a|y|n|done|not done|si|sim|nao|oui|non|ja|nein|nee|complete|incomplete|met|not met|✓|✔|✗|x|check(?:ed)?",
    "是|否|有|无",
)

LETTER_GRADE = re.compile(r"^[\"'(]?(?:[a-f][+\-−–]?|[a-f][+-]?\s*[/-]\s*[a-f][+-]?)[\"')]?$")


_FILLERS = re.compile(
    r"[^\w]+|\b(?:of|the|and|or|for|per|to|be|d|l|de|la|le|del|des|do|da|a|y|e|et|und|der|die|das|max"
    "|possible|available|number"
    r"|evaluat(?:ion|ed)|assess(?:ment|ed)|grading|performance|evaluacion|avaliacao|valutazione|bewertung|project|total"
    r"|desempeno|student|allocated|assigned|maximum|maxim[oa]|maximal|maximale?|erreichbare?)\b"
)


_IDEOGRAPH = re.compile("[\u2e80-\u9fff]")


def breadth(text: str) -> int:
    """Length in letters of an alphabet. A Chinese or Japanese character counts as three."""
    return len(text) + 2 * len(_IDEOGRAPH.findall(text))


def is_level_name(text: str) -> bool:
    """Whether a short text names a level of performance, ignoring points beside it."""
    folded = plain(text)
    if not folded or len(folded) > 90:
        return False
    return bool(LETTER_GRADE.match(folded) or LEVEL.search(folded))


def has(pattern: re.Pattern[str], text: str) -> bool:
    return bool(pattern.search(plain(text)))


def is_only(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the text consists only of such words, with small words between them."""
    rest = pattern.sub(" ", plain(text))
    rest = re.sub(_FILLERS, " ", rest)
    return pattern.search(plain(text)) is not None and not rest.strip()
