# The thirteen rules, as somebody would write them for Open Policy Agent: whole sets are looked up by key, functions are chosen by
# the name of the rule, and what is asked often (who stands behind an operator) is worked out once for each evaluation.
#
# Null is true in Rego, so what nobody said is compared.
#
# data.regions:  by name, facts and statements by the name of their rule
# data.realms:   by key, the countries of a realm on the day;  data.denied: those that it denies
# data.members, data.conditional:  by bloc, its members on the day, and those with a condition
# data.world:    day, organizations, personal (by class of data), transfers, groups (restricted countries), osi (by licence)
package sovereignty

# What every statement says of every fact that it speaks of, by the fact's id and the statement's name.
reasons := {fact.id: spoken |
	some region in data.regions
	some rule, facts in region.facts
	statements := region.statements[rule]
	some fact in facts
	spoken := {statement.name: said(statement, fact) | some statement in statements}
	count(spoken) > 0
}

# The verdict on each fact that a statement speaks of, by its id.
verdicts := {fact.id: verdict |
	some region in data.regions
	some rule, facts in region.facts
	statements := region.statements[rule]
	some fact in facts
	verdict := worst([said(statement, fact) | some statement in statements])
}

worst(verdicts) := "deny" if {
	"deny" in verdicts
} else := "unknown" if {
	"unknown" in verdicts
} else := "allow" if {
	"allow" in verdicts
}

said(statement, fact) := verdict if {
	cover := covered(statement.classes, fact.data_class)
	cover != "no"
	verdict := sure(cover, judged(statement.rule, statement, fact))
}

# What is not known to be covered passes where it would pass if it were.
sure("yes", verdict) := verdict

sure("perhaps", "allow") := "allow"

sure("perhaps", "deny") := "unknown"

sure("perhaps", "unknown") := "unknown"

covered(classes, data_class) := "yes" if {
	classes == "all"
} else := "yes" if {
	data_class == "*"
} else := "perhaps" if {
	data_class == null
} else := personal(data_class) if {
	classes == "personal"
} else := "yes" if {
	classes[data_class]
} else := "no"

personal(data_class) := "yes" if {
	data.world.personal[data_class]
} else := "no" if {
	data_class in object.keys(data.world.personal)
} else := "perhaps"

# --- places

placed(place) if {
	not place.logical
	place.country != null
}

one_within(country, _) := "unknown" if country == null

one_within(country, realm) := "allow" if data.realms[realm][country]

one_within(country, realm) := "deny" if {
	country != null
	not data.realms[realm][country]
}

all_within(countries, _) := "unknown" if countries == null

all_within(countries, realm) := "deny" if {
	some country in countries
	not data.realms[realm][country]
}

all_within(countries, realm) := "allow" if {
	countries != null
	every country in countries { data.realms[realm][country] }
}

speaks_of(kinds, _) if kinds == null

speaks_of(kinds, kind) if kinds[kind]

# --- residency

judged("residency", statement, fact) := "unknown" if {
	speaks_of(statement.kinds, fact.kind)
	not placed(fact.place)
}

judged("residency", statement, fact) := one_within(fact.place.country, statement.within) if {
	speaks_of(statement.kinds, fact.kind)
	placed(fact.place)
}

# --- transfer

judged("transfer", statement, fact) := moved(statement, fact) if {
	not fact.kind in {"image-pull", "model-pull"}
	speaks_of(statement.kinds, fact.kind)
}

moved(statement, fact) := "unknown" if {
	not placed(fact.place)
} else := "allow" if {
	not fact.origin.logical
	fact.origin.country == fact.place.country
} else := "allow" if {
	data.realms[statement.free][fact.place.country]
} else := "deny" if {
	data.denied[statement.free][fact.place.country]
} else := "allow" if {
	some bloc in statement.adequate
	data.members[bloc][fact.place.country]
} else := "allow" if {
	some transfer in data.world.transfers
	transfer.countries[fact.place.country]
	covers(transfer, statement, fact)
	not doubted(transfer, statement, fact)
} else := "unknown" if {
	some transfer in data.world.transfers
	transfer.countries[fact.place.country]
	covers(transfer, statement, fact)
} else := "deny"

# Whether nothing is known to speak against a declared transfer.
covers(transfer, statement, fact) if {
	transfer.since <= data.world.on
	data.world.on <= transfer.until
	every class in moved_classes(statement.classes, fact.data_class) { transfer.data_classes[class] }
	recipient_fits(transfer, fact.recipient)
	meets(transfer, statement, fact)
}

recipient_fits(_, recipient) if recipient == null

recipient_fits(transfer, recipient) if transfer.recipient == recipient

meets(transfer, statement, fact) if conditional(transfer, statement, fact.place.country)

meets(transfer, statement, fact) if {
	statement.mechanisms[transfer.mechanism]
	protected(transfer.protection, statement.protection)
	fact.encrypted != false
}

conditional(transfer, statement, country) if {
	some bloc in statement.adequate
	data.conditional[bloc][country] == transfer.condition
}

protected(_, needed) if needed == null

protected(given, needed) if ranks[given] >= ranks[needed]

doubted(_, statement, fact) if count(moved_classes(statement.classes, fact.data_class)) == 0

doubted(transfer, statement, fact) if {
	fact.encrypted == null
	not conditional(transfer, statement, fact.place.country)
}

moved_classes(classes, data_class) := {name |
	some name, _ in data.world.personal
	covered(classes, name) != "no"
} if {
	data_class == "*"
} else := set() if {
	data_class == null
} else := {data_class}

# --- operator

judged("operator", statement, fact) := "unknown" if {
	bounded(statement)
	fact.operator == null
}

judged("operator", statement, fact) := worst(array.concat(named(statement, fact.operator), behind_it)) if {
	bounded(statement)
	fact.operator != null
	behind_it := described_bounds(statement, fact.operator)
}

bounded(statement) if count(statement.allowed) > 0

bounded(statement) if count(statement.forbidden) > 0

bounded(statement) if statement.seat != null

bounded(statement) if statement.exposure != null

named(statement, operator) := [] if {
	count(statement.allowed) == 0
} else := ["allow"] if {
	statement.allowed[operator]
} else := ["deny"]

described_bounds(statement, operator) := [verdict | some verdict in [
	unforbidden(statement.forbidden, operator),
	seated(statement.seat, operator),
	exposed(statement.exposure, operator),
	held_by_each(statement.seat, statement.each, operator),
	held_together(statement.seat, statement.together, operator),
]] if {
	data.world.organizations[operator]
} else := ["deny"] if {
	statement.forbidden[operator]
} else := ["unknown"] if {
	bounded(object.union(statement, {"allowed": {}}))
} else := []

unforbidden(forbidden, operator) := "nothing" if {
	count(forbidden) == 0
} else := "deny" if {
	some name in chain(operator)
	forbidden[name]
} else := "unknown" if {
	some name in chain(operator)
	not data.world.organizations[name]
} else := "allow"

seated(realm, operator) := "nothing" if {
	realm == null
} else := one_within(data.world.organizations[operator].seat, realm)

exposed(realm, operator) := "nothing" if {
	realm == null
} else := "deny" if {
	some name in chain(operator)
	one_within(data.world.organizations[name].seat, realm) == "deny"
} else := "unknown" if {
	some name in chain(operator)
	unseated(name)
} else := "allow"

unseated(name) if not data.world.organizations[name]

unseated(name) if data.world.organizations[name].seat == null

# Everybody behind an operator. Licensors count for who runs something, not for who owns it: a node is a name, and whether it runs.
chain(operator) := {name |
	some node in graph.reachable(behind, {sprintf("%s runs", [operator])})
	name := split(node, " ")[0]
}

behind[node] := edges if {
	some name, facts in data.world.organizations
	some node, steps in {
		sprintf("%s runs", [name]): licensors(facts),
		sprintf("%s owns", [name]): set(),
	}
	edges := steps | {sprintf("%s owns", [owner]) | some owner in owners_of(facts)}
}

behind[node] := set() if {
	some facts in data.world.organizations
	some name in (owners_of(facts) | {other | some other in facts.licensors})
	not data.world.organizations[name]
	some node in {sprintf("%s runs", [name]), sprintf("%s owns", [name])}
}

licensors(facts) := {sprintf("%s runs", [name]) | some name in facts.licensors}

owners_of(facts) := {held.owner | some held in facts.owners} | {facts.ultimate_parent | facts.ultimate_parent != null}

held_by_each(realm, cap, operator) := "nothing" if {
	null in {realm, cap}
} else := "deny" if {
	max_of(holdings(operator, realm).each) > cap
} else := "unknown" if {
	found := holdings(operator, realm)
	max_of(found.each) + found.unnamed > cap
} else := "allow"

held_together(realm, cap, operator) := "nothing" if {
	null in {realm, cap}
} else := "deny" if {
	sum(holdings(operator, realm).each) > cap
} else := "unknown" if {
	found := holdings(operator, realm)
	sum(found.each) + found.unnamed > cap
} else := "allow"

max_of(shares) := max(array.concat([0], shares))

# What is held of an operator from outside of a realm, and what is held by nobody knows whom: shares along every way are multiplied.
holdings(operator, realm) := {"each": each, "unnamed": sum(array.concat(unseated_shares, rests))} if {
	through := {name: owners |
		some name, facts in data.world.organizations
		owners := known_owners(looked_through(name, facts, operator, realm), facts)
	}
	ways := {array.slice(path, 0, length) |
		some path in graph.reachable_paths(object.union(strangers, through), {operator})
		some length in numbers.range(1, count(path))
	}
	shares := {name: sum([along(way) | some way in ways; way[count(way) - 1] == name]) | some way in ways; some name in way}
	each := [share | some name, share in shares; name != operator; outside(name, realm)]
	unseated_shares := [share | some name, share in shares; name != operator; unseated(name)]
	rests := [rest |
		some name, share in shares
		facts := data.world.organizations[name]
		facts.kind == "company"
		looked_through(name, facts, operator, realm)
		rest := (share * unheld(facts)) / 100
	]
}

looked_through(name, facts, operator, realm) if {
	name == operator
} else if {
	facts.kind == "company"
	data.realms[realm][facts.seat]
} else := false

known_owners(true, facts) := {held.owner | some held in facts.owners; held.percent != null}

known_owners(false, _) := set()

strangers[name] := set() if {
	some facts in data.world.organizations
	some name in owners_of(facts)
	not data.world.organizations[name]
}

along(way) := 100 * product([part |
	some index, owner in way
	index > 0
	some held in data.world.organizations[way[index - 1]].owners
	held.owner == owner
	part := held.percent / 100
])

outside(name, realm) if {
	seat := data.world.organizations[name].seat
	seat != null
	not data.realms[realm][seat]
}

unheld(facts) := 100 - sum([held.percent | some held in facts.owners; held.percent != null])

# --- key custody

ranks := {"provider": 0, "customer": 1, "hsm": 2, "external": 3, "client": 4}

judged("key-custody", _, fact) := "deny" if fact.encrypted == false

judged("key-custody", statement, fact) := worst([
	at_rest(fact.encrypted),
	in_custody(statement.minimum, fact),
	within_bound(statement.within, fact.country),
	apart(statement.apart, fact),
]) if {
	fact.encrypted != false
}

at_rest(encrypted) := "unknown" if encrypted == null

at_rest(true) := "nothing"

in_custody(minimum, fact) := "allow" if {
	fact.custody == null
	ranks[minimum] == 0
	fact.encrypted == true
} else := "unknown" if {
	fact.custody == null
} else := "deny" if {
	ranks[fact.custody] < ranks[minimum]
} else := "allow"

within_bound(realm, _) := "nothing" if realm == null

within_bound(realm, country) := one_within(country, realm) if realm != null

apart(false, _) := "nothing"

apart(true, fact) := "unknown" if {
	null in {fact.holder, fact.keeper}
} else := "deny" if {
	fact.holder == fact.keeper
} else := "allow"

# --- managed service

judged("managed-service", statement, fact) := managed(statement.allowed, fact)

managed(allowed, fact) := "allow" if {
	fact.managed == false
} else := "allow" if {
	allowed[fact.service]
} else := "unknown" if {
	fact.managed == null
} else := "deny"

# --- portability

judged("portability", statement, fact) := worst(array.concat(licensed(statement.licences, fact.licence), ways_out)) if {
	ways_out := exits(statement, fact)
}

licensed(licences, licence) := [] if {
	licences == "any"
} else := [] if {
	licence == "-"
} else := ["unknown"] if {
	licence == null
} else := ["deny"] if {
	trim_space(licence) == ""
} else := [passing([one_of([every_of([known(licences, word) |
	some part in split(choice, " and ")
	word := split(trim_space(part), " ")[0]
]) |
	some choice in split(lower(licence), " or ")
])])]

passing([verdict]) := verdict

one_of(verdicts) := "allow" if {
	"allow" in verdicts
} else := "unknown" if {
	"unknown" in verdicts
} else := "deny"

every_of(verdicts) := "deny" if {
	"deny" in verdicts
} else := "unknown" if {
	"unknown" in verdicts
} else := "allow"

known(licences, word) := "allow" if {
	licences == "osi"
	data.world.osi[word]
} else := "deny" if {
	licences == "osi"
	data.world.osi[word] == false
} else := "unknown" if {
	licences == "osi"
} else := "allow" if {
	licences[word]
} else := "unknown" if {
	not word in object.keys(data.world.osi)
} else := "deny"

exits(statement, fact) := [] if {
	not fact.needs_exit
} else := [verdict | some verdict in [
	asked(statement.exit_target, fact.exit_target),
	asked(statement.export_format, fact.export_format),
	tried(statement.tested_within_days, fact.tested_days_ago),
]]

asked(false, _) := "nothing"

asked(true, value) := "deny" if {
	value in {null, ""}
} else := "allow"

tried(within, ago) := "nothing" if {
	within == null
} else := "deny" if {
	ago == null
} else := "deny" if {
	ago < 0
} else := "deny" if {
	ago > within
} else := "allow"

# --- in transit

judged("in-transit", statement, fact) := encrypted(fact.encrypted) if not only_outside(statement, fact)

only_outside(statement, fact) if {
	fact.inside
	not statement.inside
}

encrypted(value) := "unknown" if value == null

encrypted(true) := "allow"

encrypted(false) := "deny"

# --- admin locality

judged("admin-locality", statement, fact) := worst([
	reach(statement.public, fact.public),
	all_within(fact.countries, statement.within),
	one_within(fact.identity_country, statement.within),
])

reach(true, _) := "nothing"

reach(false, public) := "unknown" if public == null

reach(false, true) := "deny"

reach(false, false) := "allow"

# --- telemetry

judged("telemetry", statement, fact) := reported(statement, fact)

reported(statement, fact) := worst([declared(fact.declared), one_within(fact.country, statement.within)]) if {
	fact.vendor == null
} else := "allow" if {
	fact.silenced == true
} else := if_silenced(fact.silenced, "deny") if {
	not statement.vendors
} else := if_silenced(fact.silenced, worst([declared(fact.declared), one_within(fact.country, statement.within)]))

# It may be silent after all, and then it would pass.
if_silenced(silenced, verdict) := "unknown" if {
	silenced == null
	verdict == "deny"
} else := verdict

declared(true) := "allow"

declared(false) := "deny"

# --- registry

judged("registry", statement, fact) := worst([hosted(statement.hosts, fact.host), pinned(statement.digests, fact.pinned)])

hosted(hosts, host) := "nothing" if {
	count(hosts) == 0
} else := "unknown" if {
	host == null
} else := "allow" if {
	hosts[lower(host)]
} else := "deny"

pinned(false, _) := "nothing"

pinned(true, value) := "unknown" if value == null

pinned(true, true) := "allow"

pinned(true, false) := "deny"

# --- GPU export

judged("gpu-export", statement, fact) := used(statement.groups, fact.end_user)

used(groups, end_user) := "unknown" if {
	end_user == null
} else := "deny" if {
	some name in owners_above(end_user)
	some group in groups
	data.world.groups[group][data.world.organizations[name].seat]
} else := "unknown" if {
	some group in groups
	not data.world.groups[group]
} else := "unknown" if {
	some name in owners_above(end_user)
	unseated(name)
} else := "allow"

owners_above(name) := graph.reachable(object.union(strangers, owned_by), {name}) | {name}

owned_by[name] := owners_of(facts) if some name, facts in data.world.organizations

# --- support

judged("support", statement, fact) := all_within(fact.countries, statement.within)

# --- retention

judged("retention", _, fact) := "unknown" if fact.days == null

judged("retention", statement, fact) := within_days(statement, fact.days) if fact.days != null

within_days(statement, days) := "deny" if {
	days < object.get(statement, "min_days", 0)
} else := "deny" if {
	days > statement.max_days
} else := "allow"
