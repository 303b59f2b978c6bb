//! A case's model as an estate: catalog, CIs, groups and relationships, by GraphQL.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::process::Client;

const EXECUTE: &str = "mutation Case($commands: [CommandInput!]!) {
  execute(commands: $commands, mode: PARTIAL) { results { error { code message details } } }
}";

/// A refusal of something the case says: its code, as the law names it.
pub(crate) struct Refused(pub(crate) String);

/// What recording a case left behind.
#[derive(Default)]
pub(crate) struct Recorded {
    /// `ci:UUID` by the case's name of the CI.
    pub(crate) cis: BTreeMap<String, String>,
    /// The type names of this case's catalog by the case's names.
    pub(crate) types: BTreeMap<String, String>,
    /// Relationship ids in the order of the case's edges; absent where one was refused.
    pub(crate) edges: Vec<Option<String>>,
    /// What the law warns of at evaluation and the product refuses at writing, with the same code.
    pub(crate) warnings: Vec<String>,
}

impl Recorded {
    /// The id of a CI by its name in the case; nobody's, if the case does not know it.
    pub(crate) fn reference(&self, name: &Value) -> String {
        let known = name.as_str().and_then(|name| self.cis.get(name));
        known.cloned().unwrap_or_else(|| format!("ci:{}", Uuid::nil()))
    }

    /// The case's name of a CI in an answer; `?` if it is none of the case's.
    pub(crate) fn name(&self, ci: &Value) -> String {
        let known = self.cis.iter().find(|(_, id)| ci["id"] == id.as_str());
        known.map_or("?", |(name, _)| name).to_owned()
    }
}

/// Records a case; `prefix` keeps its names apart from other cases'.
pub(crate) fn record(client: &Client, file: &Value, case: &Value, prefix: &str) -> Result<Recorded, Refused> {
    let mut recorded = Recorded::default();
    define(client, file, case, &mut recorded)?;
    record_cis(client, case, prefix, &mut recorded)?;
    let groups = record_groups(client, case, prefix, &mut recorded)?;
    record_edges(client, case, &groups, &mut recorded)?;
    dispose(client, case, &recorded)?;
    Ok(recorded)
}

/// Defines the case's relationship types and pools. Cases with the same catalog share it.
fn define(client: &Client, file: &Value, case: &Value, recorded: &mut Recorded) -> Result<(), Refused> {
    let of = |key: &str| if case[key].is_null() { &file[key] } else { &case[key] };
    let (types, pools) = (of("types"), of("pools"));
    let tag = Uuid::from_bytes(short_hash(&format!("{types}{pools}")))
        .simple()
        .to_string();
    let name = |name: &str| format!("c{}_{}", &tag[..12], name.to_lowercase());
    let mut text = String::new();
    // A pool that a type names and nobody describes needs all its members.
    let mut pools = pools.as_object().cloned().unwrap_or_default();
    for definition in types
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, definition)| definition)
    {
        if let Some(pool) = definition["pool"].as_str() {
            pools.entry(pool).or_insert_with(|| json!({}));
        }
    }
    for (pool, parameters) in &pools {
        write!(
            text,
            "[[pool]]\nname = \"{}\"\ndescription = \"A case's pool.\"\n",
            name(pool)
        )
        .expect("a text");
        for (key, field) in [("k", "up_min"), ("d", "capacity_min"), ("r", "spare_min")] {
            if !parameters[key].is_null() {
                writeln!(text, "{field} = {}", parameters[key]).expect("a text");
            }
        }
        if pool == "members" {
            text.push_str("up_min_attribute = \"min_up\"\n");
        }
        writeln!(text, "grounded = {}", parameters["grounded"] == true).expect("a text");
    }
    for (known, definition) in types.as_object().into_iter().flatten() {
        recorded.types.insert(known.clone(), name(known));
        write!(
            text,
            "[[relationship_type]]\nname = \"{}\"\nforward_phrase = \"{known}\"\nreverse_phrase = \"is {known}\"\n\
             description = \"A case's relationship type.\"\n",
            name(known)
        )
        .expect("a text");
        for (key, field) in [("fwd", "forward"), ("rev", "reverse")] {
            if let Some(strength) = strength(&definition[key]) {
                writeln!(text, "{field} = \"{strength}\"").expect("a text");
            }
        }
        if let Some(pool) = definition["pool"].as_str() {
            writeln!(text, "pool = \"{}\"", name(pool)).expect("a text");
        }
    }
    let refusals = execute(client, &[json!({ "defineCatalog": { "text": text } })])?;
    refusals.into_iter().flatten().next().map_or(Ok(()), Err)
}

fn record_cis(client: &Client, case: &Value, prefix: &str, recorded: &mut Recorded) -> Result<(), Refused> {
    let name_of = |ci: &Value| ci.as_str().or(ci["id"].as_str()).expect("a CI's name").to_owned();
    let cis: Vec<&Value> = case["cis"].as_array().into_iter().flatten().collect();
    // The law breaks ties by CI id, and the cases' ids are their names: let ours sort alike.
    let order: BTreeSet<String> = cis.iter().map(|ci| name_of(ci)).collect();
    let mut commands = Vec::new();
    for ci in cis {
        let name = name_of(ci);
        let rank = order.iter().position(|known| *known == name).expect("it is among them");
        let id = format!("ci:{}", ranked(prefix, rank));
        let mut attributes = Map::new();
        for key in ["min_up", "tier", "cost_per_hour", "rto", "users"] {
            if !ci[key].is_null() {
                attributes.insert(key.to_owned(), ci[key].clone());
            }
        }
        commands.push(json!({ "createConfigurationItem": {
            "id": id,
            "name": format!("{prefix}/{name}"),
            "type": "server",
            // What is disposed takes no relationship: it goes when it has them.
            "stage": if is_disposed(ci) { "RETIRED".to_owned() } else { stage(ci) },
            "attributes": attributes,
            "validFrom": moment(&ci["valid_from"]),
            "validTo": moment(&ci["valid_to"]),
        }}));
        recorded.cis.insert(name, id);
    }
    let refusals = execute(client, &commands)?;
    refusals.into_iter().flatten().next().map_or(Ok(()), Err)
}

fn stage(ci: &Value) -> String {
    ci["lifecycle"].as_str().unwrap_or("in_service").to_uppercase()
}

fn is_disposed(ci: &Value) -> bool {
    stage(ci) == "DISPOSED"
}

/// Moves what the case says is disposed to its end.
fn dispose(client: &Client, case: &Value, recorded: &Recorded) -> Result<(), Refused> {
    let cis = case["cis"].as_array().into_iter().flatten();
    let disposed = cis.filter(|ci| is_disposed(ci));
    let moves: Vec<Value> = disposed
        .map(|ci| {
            let ci = recorded.reference(&ci["id"]);
            json!({ "moveConfigurationItem": { "ref": ci, "stage": "DISPOSED" } })
        })
        .collect();
    if moves.is_empty() {
        return Ok(());
    }
    let refusals = execute(client, &moves)?;
    refusals.into_iter().flatten().next().map_or(Ok(()), Err)
}

/// Group ids by the case's names. Members and consumers that do not exist are refused by the product
/// with the code that the law warns with; the group is recorded without them.
fn record_groups(
    client: &Client,
    case: &Value,
    prefix: &str,
    recorded: &mut Recorded,
) -> Result<BTreeMap<String, String>, Refused> {
    let mut groups = BTreeMap::new();
    let listed = || case["groups"].as_array().into_iter().flatten();
    // Of two groups that fall together the law names the one with the least id: let ours sort alike.
    let order: BTreeSet<&str> = listed().filter_map(|group| group["id"].as_str()).collect();
    for group in listed() {
        let name = group["id"].as_str().expect("a group's name");
        let nobody = format!("ci:{}", Uuid::nil());
        let ci = |ci: &Value| {
            recorded
                .cis
                .get(ci.as_str().unwrap_or_default())
                .unwrap_or(&nobody)
                .clone()
        };
        let members = group["members"].as_array().into_iter().flatten().map(|member| {
            let mut fields = json!({ "ref": ci(if member.is_string() { member } else { &member["ci"] }) });
            if let Some(strength) = strength(&member["strength"]) {
                fields["strength"] = strength.into();
            }
            if !member["weight"].is_null() {
                fields["weight"] = member["weight"].clone();
            }
            fields
        });
        let members: Vec<Value> = members.collect();
        let known: Vec<Value> = members
            .iter()
            .filter(|member| member["ref"] != nobody.as_str())
            .cloned()
            .collect();
        let rank = order.iter().position(|known| *known == name).expect("it is among them");
        let id = format!("group:{}", ranked(&format!("{prefix} groups"), rank));
        let command = |members: &[Value]| {
            let mut fields = json!({
                "id": id,
                "name": name.to_lowercase(),
                "consumer": ci(&group["consumer"]),
                "members": members,
                "thresholds": {
                    "upMin": threshold(&group["k"]),
                    "capacityMin": threshold(&group["d"]),
                    "spareMin": threshold(&group["r"]),
                },
                "grounded": group["grounded"] == true,
                "validFrom": moment(&group["valid_from"]),
                "validTo": moment(&group["valid_to"]),
            });
            if let Some(strength) = strength(&group["strength"]) {
                fields["strength"] = strength.into();
            }
            json!({ "createRedundancyGroup": fields })
        };
        let mut refused = execute(client, &[command(&members)])?.pop().flatten();
        if refused
            .as_ref()
            .is_some_and(|refused| refused.0 == "GROUP_MEMBER_MISSING")
        {
            recorded.warnings.push("GROUP_MEMBER_MISSING".to_owned());
            refused = execute(client, &[command(&known)])?.pop().flatten();
        }
        match refused {
            None => drop(groups.insert(name.to_owned(), id)),
            Some(Refused(code)) if code == "GROUP_CONSUMER_MISSING" => recorded.warnings.push(code),
            Some(refused) => return Err(refused),
        }
    }
    Ok(groups)
}

fn record_edges(
    client: &Client,
    case: &Value,
    groups: &BTreeMap<String, String>,
    recorded: &mut Recorded,
) -> Result<(), Refused> {
    for (number, edge) in case["edges"].as_array().into_iter().flatten().enumerate() {
        let short = edge.is_array();
        let part = |place: usize, key: &str| if short { &edge[place] } else { &edge[key] };
        let extra = if short { &edge[3] } else { edge };
        let nobody = format!("ci:{}", Uuid::nil());
        let end = |name: &Value| {
            recorded
                .cis
                .get(name.as_str().unwrap_or_default())
                .unwrap_or(&nobody)
                .clone()
        };
        let known = part(1, "type").as_str().expect("a type");
        let mut fields = json!({
            "from": end(part(0, "from")),
            "to": end(part(2, "to")),
            "type": recorded.types.get(known).cloned().unwrap_or_else(|| known.to_lowercase()),
            "qualifier": number.to_string(),
            "validFrom": moment(&extra["valid_from"]),
            "validTo": moment(&extra["valid_to"]),
        });
        for (key, field) in [("fwd", "forwardStrength"), ("rev", "reverseStrength")] {
            if let Some(strength) = strength(&extra[key]) {
                fields[field] = strength.into();
            }
        }
        if !extra["weight"].is_null() {
            fields["weight"] = extra["weight"].clone();
        }
        if let Some(group) = extra["group"].as_str() {
            match groups.get(group) {
                Some(id) => fields["redundancyGroup"] = id.clone().into(),
                None => recorded.warnings.push("GROUP_UNKNOWN".to_owned()),
            }
        }
        let answer = client.graphql(
            "mutation Edge($input: RelateInput!) { relate(input: $input) { relationship { id } } }",
            &json!({ "input": fields }),
        );
        match code_of(&answer) {
            None => {
                let id = answer["data"]["relate"]["relationship"]["id"].as_str();
                recorded.edges.push(id.map(str::to_owned));
            }
            Some(code) if code == "DANGLING_EDGE" || code == "CI_NOT_FOUND" || code == "UNKNOWN_TYPE" => {
                let code = if code == "UNKNOWN_TYPE" {
                    "UNKNOWN_TYPE"
                } else {
                    "DANGLING_EDGE"
                };
                recorded.warnings.push(code.to_owned());
                recorded.edges.push(None);
            }
            Some(code) => return Err(Refused(code)),
        }
    }
    Ok(())
}

/// Runs commands and gives the refusal of each.
fn execute(client: &Client, commands: &[Value]) -> Result<Vec<Option<Refused>>, Refused> {
    let answer = client.graphql(EXECUTE, &json!({ "commands": commands }));
    if let Some(code) = code_of(&answer) {
        return Err(Refused(code));
    }
    let results = answer["data"]["execute"]["results"].as_array().expect("results");
    let refusal = |result: &Value| {
        let code = result["error"]["code"].as_str()?;
        // The catalog knows `min_up` as an attribute with a pattern.
        let is_threshold = code == "INVALID_ATTRIBUTE" && result["error"]["details"]["field"] == "min_up";
        Some(Refused(if is_threshold { "INVALID_K" } else { code }.to_owned()))
    };
    Ok(results.iter().map(refusal).collect())
}

/// The code of an answer's first error.
pub(crate) fn code_of(answer: &Value) -> Option<String> {
    let error = answer["errors"].as_array()?.first()?;
    Some(error["extensions"]["code"].as_str().unwrap_or("NO_CODE").to_owned())
}

/// A strength as the API takes it: a name, or a table in brackets.
fn strength(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => Some(name.clone()),
        Value::Array(table) => {
            let states: Vec<&str> = table.iter().map(|state| state.as_str().unwrap_or("?")).collect();
            Some(format!("[{}]", states.join(",")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn threshold(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => value.clone(),
    }
}

/// A case's moment, in seconds since 1970.
pub(crate) fn moment(value: &Value) -> Value {
    let Some(second) = value.as_i64() else {
        return Value::Null;
    };
    let at = jiff::Timestamp::from_second(second).expect("in range");
    at.to_string().into()
}

/// An id of this kind of thing that sorts by its rank.
fn ranked(kind: &str, rank: usize) -> Uuid {
    let mut bytes = short_hash(kind);
    bytes[12..].copy_from_slice(&u32::try_from(rank).expect("a small case").to_be_bytes());
    Uuid::from_bytes(bytes)
}

/// Sixteen bytes that tell texts apart.
fn short_hash(text: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (place, chunk) in bytes.chunks_exact_mut(8).enumerate() {
        let mut hash = 0xcbf2_9ce4_8422_2325u64 ^ place as u64;
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        chunk.copy_from_slice(&hash.to_be_bytes());
    }
    bytes
}
