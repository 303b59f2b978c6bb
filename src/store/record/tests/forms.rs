//! The bytes of every form that is stored. Changed bytes are a changed format: they need a form, a
//! tag or a version of their own, and a new format number, not a new snapshot.

use std::fmt::Write as _;

use super::*;

fn at() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("in range")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn ci_id(number: u128) -> CiId {
    CiId::from_uuid(Uuid::from_u128(number))
}

fn attribute(id: u16, value: AttributeValue) -> Attribute {
    Attribute {
        id: AttributeId::new(id),
        value,
        source: SourceId::new(2),
        first_seen: at(),
    }
}

fn validity() -> Option<Validity> {
    Validity::new(Some(at()), None).expect("it begins")
}

/// A CI as the first format has it.
fn plain_ci() -> ConfigurationItem {
    ci_with(Standing::default())
}

fn ci_with(standing: Standing) -> ConfigurationItem {
    let stamp = |number| Stamp {
        revision: Revision::new(number),
        at: at(),
    };
    let values = [
        AttributeValue::Text("web".into()),
        AttributeValue::Integer(-5),
        AttributeValue::Decimal("1.25".parse().expect("a decimal")),
        AttributeValue::Boolean(true),
        AttributeValue::Timestamp(at()),
        AttributeValue::Duration(SignedDuration::new(90, 7)),
        AttributeValue::IpAddress("10.0.0.1".parse().expect("an address")),
        AttributeValue::IpAddress("2001:db8::1".parse().expect("an address")),
        AttributeValue::Cidr("10.0.0.0/8".parse().expect("a network")),
        AttributeValue::Mac(Mac([0, 1, 2, 3, 4, 5])),
        AttributeValue::List(vec![AttributeValue::Boolean(false)]),
        AttributeValue::Json("{}".into()),
    ];
    let attributes = (1..).zip(values).map(|(id, value)| attribute(id, value));
    ConfigurationItem::new(CiFields {
        id: ci_id(1),
        ci_type: CiTypeId::new(3),
        name: "web-01".to_owned(),
        stage: LifecycleStage::InService,
        stage_assumed: false,
        tags: vec!["blue".to_owned()],
        attributes: Attributes::new(attributes.collect()),
        origins: vec![Origin {
            source: SourceId::new(2),
            native_key: "k1".into(),
            first_seen: at(),
        }],
        validity: validity(),
        standing,
        created: stamp(1),
        changed: stamp(2),
    })
}

fn standing() -> Standing {
    Standing {
        claims: Claims::new(vec![attribute(1, AttributeValue::Text("app".into()))]),
        pins: vec![Pin {
            attribute: AttributeId::NAME,
            at: at(),
            by: "admin".into(),
        }],
        stale: vec![Stale {
            source: SourceId::new(2),
            since: at(),
        }],
        aliases: vec![ci_id(9)],
    }
}

fn relationship(also_said_by: Vec<SaidBy>) -> Relationship {
    Relationship {
        id: RelationshipId::new(17),
        relationship_type: RelationshipTypeId::new(5),
        from: ci_id(1),
        to: ci_id(2),
        qualifier: "eth0".into(),
        forward: Some(Strength::DOWN),
        reverse: None,
        weight: Weight::new(3).expect("a weight"),
        group: Some(GroupId::from_uuid(Uuid::from_u128(7))),
        attributes: Attributes::new(vec![attribute(1, AttributeValue::Boolean(false))]),
        source: SourceId::new(2),
        first_seen: at(),
        also_said_by,
        validity: validity(),
    }
}

fn said_by() -> Vec<SaidBy> {
    vec![SaidBy {
        source: SourceId::new(4),
        first_seen: at(),
    }]
}

fn group() -> RedundancyGroup {
    RedundancyGroup {
        id: GroupId::from_uuid(Uuid::from_u128(7)),
        name: name("pair"),
        consumer: ci_id(1),
        members: vec![GroupMember {
            ci: ci_id(2),
            weight: Weight::new(1).expect("a weight"),
            strength: Strength::DEGRADED,
        }],
        thresholds: thresholds(),
        strength: Strength::DOWN,
        grounded: true,
        validity: None,
    }
}

fn thresholds() -> Thresholds {
    Thresholds {
        up_min: Some(Threshold::Count(1)),
        capacity_min: Some(Threshold::Percent(50)),
        spare_min: None,
    }
}

fn attribute_definition() -> AttributeDefinition {
    AttributeDefinition {
        id: AttributeId::new(1),
        name: name("size"),
        description: "How big.".to_owned(),
        value_type: ValueType::List(Box::new(ValueType::Enumeration(vec!["s".to_owned()]))),
        required: true,
        unique: false,
        pattern: Some("x+".to_owned()),
        minimum: Some("1".parse().expect("a decimal")),
        maximum: None,
        unit: Some("m".to_owned()),
        secret: false,
    }
}

/// A CI type as the first format has it.
fn ci_type() -> CiTypeDefinition {
    CiTypeDefinition {
        id: CiTypeId::new(3),
        name: name("lift"),
        label: "Lift".to_owned(),
        description: "Goes up.".to_owned(),
        parent: Some(CiTypeId::new(1)),
        is_abstract: false,
        attributes: vec![attribute_definition()],
        identification: Some(vec![IdentificationRule {
            name: name("plate"),
            attributes: vec![name("size")],
            priority: 10,
            host: None,
            related: None,
        }]),
        default_tier: Some(3),
        retire_after: None,
    }
}

fn full_ci_type() -> CiTypeDefinition {
    let mut definition = ci_type();
    for rule in definition.identification.iter_mut().flatten() {
        rule.host = Some(name("part_of"));
        rule.related = Some(RelatedIdentifier {
            relationship_type: name("part_of"),
            ci_type: name("site"),
            attributes: vec![name("size")],
        });
    }
    definition.retire_after = Some(SignedDuration::from_secs(60));
    definition
}

fn source(feed: &str, scope: &str) -> Source {
    Source {
        id: SourceId::new(2),
        name: name("scan"),
        feed: feed.into(),
        scope: scope.into(),
    }
}

/// What the first format had.
fn items_of_format_1() -> Vec<(&'static str, DeltaItem)> {
    let relationship_type = RelationshipTypeDefinition {
        id: RelationshipTypeId::new(5),
        name: name("runs_on"),
        forward_phrase: "runs on".to_owned(),
        reverse_phrase: "runs".to_owned(),
        description: String::new(),
        from_types: vec![CiTypeId::new(3)],
        to_types: Vec::new(),
        forward: Strength::NONE,
        reverse: Strength::DOWN,
        pool: Some(PoolId::new(1)),
        attributes: Vec::new(),
    };
    let pool = PoolDefinition {
        id: PoolId::new(1),
        name: name("hosts"),
        description: String::new(),
        thresholds: thresholds(),
        up_min_attribute: Some(name("size")),
        grounded: true,
    };
    let lifecycle = LifecycleRule {
        stage: LifecycleStage::InService,
        takes_part: true,
        current_state: ImpactState::Ok,
        next: vec![LifecycleStage::Retired],
    };
    vec![
        ("source", DeltaItem::Source(BeforeAfter::created(source("", "")))),
        ("CI type", DeltaItem::CiType(BeforeAfter::created(ci_type()))),
        (
            "relationship type",
            DeltaItem::RelationshipType(BeforeAfter::created(relationship_type)),
        ),
        ("pool", DeltaItem::Pool(BeforeAfter::created(pool))),
        ("lifecycle rule", DeltaItem::Lifecycle(BeforeAfter::created(lifecycle))),
        ("CI", DeltaItem::Ci(BeforeAfter::created(plain_ci()))),
        (
            "relationship",
            DeltaItem::Relationship(BeforeAfter::created(relationship(Vec::new()))),
        ),
        ("redundancy group", DeltaItem::Group(BeforeAfter::created(group()))),
        (
            "an update",
            DeltaItem::Source(BeforeAfter::updated(Arc::new(source("", "")), source("", ""))),
        ),
        (
            "a removal",
            DeltaItem::Source(BeforeAfter::removed(Arc::new(source("", "")))),
        ),
    ]
}

fn rules() -> Vec<(&'static str, IngestRule)> {
    let source_rule = SourceRule {
        name: name("scan"),
        description: "It scans.".to_owned(),
        rights: SourceRights {
            may_create: true,
            may_update: false,
            may_retire: true,
            may_create_placeholders: false,
            on_no_match: OnNoMatch::Stage,
            on_many_matches: OnManyMatches::Error,
            sweep_share_max: 20,
        },
    };
    let authority = AuthorityRule {
        name: name("who"),
        ci_type: CiTypeId::new(3),
        attributes: vec![name("size")],
        authority: Authority {
            policy: AuthorityPolicy::SourcePriority,
            sources: vec![name("scan")],
            lapse: Some(SignedDuration::from_secs(60)),
        },
    };
    let junk = JunkRule {
        name: name("junk"),
        attributes: vec![name("size")],
        values: vec!["none".to_owned()],
        patterns: vec!["0+".to_owned()],
    };
    let derivation = DerivationRule {
        name: name("follows"),
        from: CiTypeId::new(3),
        attribute: name("size"),
        relationship_type: RelationshipTypeId::new(5),
        to: CiTypeId::new(1),
        to_attribute: name("name"),
        reversed: true,
    };
    let alias = ClassAlias {
        name: name("aufzug"),
        ci_type: CiTypeId::new(3),
    };
    vec![
        ("source rule", IngestRule::Source(source_rule)),
        ("authority", IngestRule::Authority(authority)),
        ("junk list", IngestRule::Junk(junk)),
        ("derivation", IngestRule::Derivation(derivation)),
        ("class alias", IngestRule::ClassAlias(alias)),
    ]
}

fn reviews() -> Vec<(&'static str, ReviewItem)> {
    let states = [
        ("open review item", ReviewState::Open),
        ("resolved review item", ReviewState::Resolved { ci: ci_id(1), at: at() }),
        (
            "dismissed review item",
            ReviewState::Dismissed {
                reason: "a test".into(),
                at: at(),
            },
        ),
    ];
    let item = |state| ReviewItem {
        id: ReviewId::from_uuid(Uuid::from_u128(8)),
        kind: ReviewKind::NoMatchStaged,
        source: SourceName::plain(name("scan")),
        subject: "k1".into(),
        ci_type: "lift".into(),
        record: "{}".into(),
        candidates: vec![ci_id(2)],
        reason: "none matches".into(),
        first_seen: at(),
        state,
    };
    states.map(|(what, state)| (what, item(state))).into()
}

fn merge() -> Merge {
    let fates = [
        RelationshipFate::Moved,
        RelationshipFate::Dropped,
        RelationshipFate::United {
            before: Box::new(relationship(Vec::new())),
            after: Box::new(relationship(said_by())),
        },
    ];
    let relationships = fates.map(|fate| MergedRelationship {
        before: relationship(Vec::new()),
        fate,
    });
    Merge {
        absorbed: plain_ci(),
        before: plain_ci(),
        after: ci_with(standing()),
        relationships: relationships.into(),
        groups: vec![MergedGroup {
            before: group(),
            after: group(),
        }],
        by: "admin".into(),
        reason: "one machine".into(),
    }
}

/// What the second format added.
fn items_of_format_2() -> Vec<(&'static str, DeltaItem)> {
    let distinction = Distinction {
        cis: [ci_id(1), ci_id(2)],
        at: at(),
        by: "admin".into(),
        reason: "two".into(),
    };
    let mut items = vec![
        (
            "source with feed and scope",
            DeltaItem::Source(BeforeAfter::created(source("vms", "north"))),
        ),
        (
            "CI type in full",
            DeltaItem::CiType(BeforeAfter::created(full_ci_type())),
        ),
        (
            "CI with standing",
            DeltaItem::Ci(BeforeAfter::created(ci_with(standing()))),
        ),
        (
            "relationship that others say too",
            DeltaItem::Relationship(BeforeAfter::created(relationship(said_by()))),
        ),
        ("merge", DeltaItem::Merge(BeforeAfter::created(merge()))),
        ("distinction", DeltaItem::Distinction(BeforeAfter::created(distinction))),
    ];
    let rules = rules().into_iter();
    items.extend(rules.map(|(what, rule)| (what, DeltaItem::IngestRule(BeforeAfter::created(rule)))));
    let reviews = reviews().into_iter();
    items.extend(reviews.map(|(what, review)| (what, DeltaItem::Review(BeforeAfter::created(review)))));
    items
}

/// What the third format added.
fn items_of_format_3() -> Vec<(&'static str, DeltaItem)> {
    let assumed = ConfigurationItem::new(CiFields {
        stage_assumed: true,
        ..plain_ci().to_fields()
    });
    let whole = |(_, review)| ReviewItem {
        source: source("vms", "north").called(),
        ..review
    };
    let review = reviews().into_iter().map(whole).next().expect("an open one");
    vec![
        (
            "CI of which nobody said the stage",
            DeltaItem::Ci(BeforeAfter::created(assumed)),
        ),
        (
            "review item with feed and scope",
            DeltaItem::Review(BeforeAfter::created(review)),
        ),
    ]
}

/// A line an item: what it is, and its bytes in hexadecimal.
fn listed(items: &[(&str, DeltaItem)]) -> String {
    let mut lines = String::new();
    for (what, item) in items {
        let bytes = encode_items([item].into_iter());
        assert_eq!(decode_items(&bytes).as_deref(), Ok([item.clone()].as_slice()), "{what}");
        line(&mut lines, what, &bytes);
    }
    lines
}

fn line(lines: &mut String, what: &str, bytes: &[u8]) {
    write!(lines, "{what}:").expect("a text takes it");
    for byte in bytes {
        write!(lines, " {byte:02x}").expect("a text takes it");
    }
    lines.push('\n');
}

#[test]
fn the_items_of_format_1_keep_their_bytes() {
    insta::assert_snapshot!(listed(&items_of_format_1()));
}

#[test]
fn the_items_of_format_2_keep_their_bytes() {
    insta::assert_snapshot!(listed(&items_of_format_2()));
}

#[test]
fn the_items_of_format_3_keep_their_bytes() {
    insta::assert_snapshot!(listed(&items_of_format_3()));
}

#[test]
fn a_journal_entry_keeps_its_bytes() {
    let entry = JournalEntry {
        revision: Revision::new(300),
        at: at(),
        actor: Actor { name: "admin".into() },
        source: name("manual"),
        reason: Some("because".into()),
        idempotency_key: Some(IdempotencyKey::new("key-1").expect("a key")),
        request_digest: [7; 32],
        delta: Arc::new(Delta {
            items: vec![DeltaItem::Source(BeforeAfter::created(source("", "")))],
        }),
    };
    let bytes = encode_entry(&entry);
    assert_eq!(decode_entry(&bytes), Ok(entry));
    let mut lines = String::new();
    line(&mut lines, "journal entry", &bytes);
    insta::assert_snapshot!(lines);
}

fn relationship_record(slot: u32, extras: Option<Box<RelationshipExtras>>) -> RelationshipRecord {
    RelationshipRecord {
        slot,
        id: RelationshipId::new(17),
        from: 1,
        to: 200,
        relationship_type: RelationshipTypeId::new(5),
        source: SourceId::new(2),
        first_seen: at(),
        extras,
    }
}

#[test]
fn the_chunks_of_a_checkpoint_keep_their_bytes() {
    let extras = RelationshipExtras {
        qualifier: "eth0".into(),
        also_said_by: said_by(),
        ..RelationshipExtras::default()
    };
    let relationships = [
        relationship_record(300, None),
        relationship_record(301, None),
        relationship_record(302, Some(Box::new(extras))),
    ];
    let window = [IdempotencyRecord {
        key: IdempotencyKey::new("key-1").expect("a key"),
        request_digest: [7; 32],
        revision: Revision::new(300),
        at: at(),
    }];
    let runs = [Run {
        source: source("vms", "north").called(),
        actor: "admin".into(),
        session: Some(Uuid::from_u128(5)),
        state: RunState::Failed,
        began: at(),
        ended: at(),
        counts: RunCounts {
            records: 300,
            created: 1,
            updated: 2,
            unchanged: 3,
            refused: 4,
            warnings: 5,
            stale: 6,
            retired: 7,
            relationships_removed: 8,
        },
        revision: Revision::new(300),
        error: Some(("BUSY".into(), "later".into())),
    }];
    let cis = [plain_ci(), ci_with(standing())];
    let mut lines = String::new();
    line(&mut lines, "CIs", &encode_cis((7..).zip(&cis)));
    line(
        &mut lines,
        "relationships",
        &encode_relationships(relationships.into_iter()),
    );
    line(&mut lines, "sightings", &encode_sightings(&[0, 1_700_000_000]));
    line(&mut lines, "idempotency keys", &encode_idempotency(window.iter()));
    line(&mut lines, "runs", &encode_runs(runs.iter()));
    insta::assert_snapshot!(lines);
}
