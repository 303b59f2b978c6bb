//! Records read back as they were written, and damaged ones do no harm.

mod forms;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::definition::{
    AttributeDefinition, CiTypeDefinition, IdentificationRule, LifecycleRule, PoolDefinition, RelatedIdentifier,
    RelationshipTypeDefinition, ValueType,
};
use crate::model::network::Mac;
use crate::model::review::{ReviewItem, ReviewKind, ReviewState};
use crate::model::rule::{
    Authority, AuthorityPolicy, AuthorityRule, ClassAlias, DerivationRule, JunkRule, OnManyMatches, OnNoMatch,
    SourceRights, SourceRule,
};
use crate::model::run::{Run, RunCounts, RunState};
use crate::model::{
    Actor, Attribute, AttributeId, AttributeValue, Attributes, CiFields, CiTypeId, Claims, ConfigurationItem, Decimal,
    Delta, DeltaItem, Distinction, GroupMember, IdempotencyKey, ImpactState, IngestRule, JournalEntry, LifecycleStage,
    Merge, MergedGroup, MergedRelationship, Origin, Pin, PoolId, RedundancyGroup, Relationship, RelationshipFate,
    RelationshipId, RelationshipTypeId, ReviewId, SaidBy, Source, SourceId, SourceName, Stale, Standing, Threshold,
    Thresholds,
};
use crate::store::ChunkKind;

fn moments() -> impl Strategy<Value = Timestamp> {
    (-10_000_000_000i64..10_000_000_000, 0i32..1_000_000_000).prop_map(|(second, nanosecond)| {
        let nanosecond = if second < 0 { -nanosecond } else { nanosecond };
        Timestamp::new(second, nanosecond).expect("in range")
    })
}

fn seconds() -> impl Strategy<Value = Timestamp> {
    (-10_000_000_000i64..10_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

fn names() -> impl Strategy<Value = Name> {
    "[a-z][a-z0-9_.-]{0,12}".prop_map(|text| Name::new(&text).expect("a name"))
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zäß ]{1,12}"]
}

fn ci_ids() -> impl Strategy<Value = CiId> {
    any::<u128>().prop_map(|number| CiId::from_uuid(Uuid::from_u128(number)))
}

fn group_ids() -> impl Strategy<Value = GroupId> {
    any::<u128>().prop_map(|number| GroupId::from_uuid(Uuid::from_u128(number)))
}

fn strengths() -> impl Strategy<Value = Strength> {
    (0u8..14).prop_map(|number| Strength::from_number(number).expect("below 14"))
}

fn weights() -> impl Strategy<Value = Weight> {
    (1..=i64::from(Weight::MAX)).prop_map(|number| Weight::new(number).expect("in range"))
}

fn stages() -> impl Strategy<Value = LifecycleStage> {
    (0u8..9).prop_map(|number| LifecycleStage::from_number(number).expect("below 9"))
}

fn validities() -> impl Strategy<Value = Option<Validity>> {
    (option::of(moments()), option::of(moments())).prop_map(|(from, to)| Validity::new(from, to).ok().flatten())
}

fn stamps() -> impl Strategy<Value = Stamp> {
    (any::<u64>(), moments()).prop_map(|(revision, at)| Stamp {
        revision: Revision::new(revision),
        at,
    })
}

fn values() -> impl Strategy<Value = AttributeValue> {
    let single = prop_oneof![
        texts().prop_map(|text| AttributeValue::Text(text.into())),
        any::<i64>().prop_map(AttributeValue::Integer),
        any::<bool>().prop_map(AttributeValue::Boolean),
        (any::<i64>(), 0u8..19)
            .prop_map(|(units, scale)| { AttributeValue::Decimal(Decimal::new(units, scale).expect("a small scale")) }),
        seconds().prop_map(AttributeValue::Timestamp),
        any::<i32>().prop_map(|second| AttributeValue::Duration(SignedDuration::from_secs(second.into()))),
        any::<std::net::IpAddr>().prop_map(AttributeValue::IpAddress),
        any::<[u8; 6]>().prop_map(|bytes| AttributeValue::Mac(Mac(bytes))),
        Just(AttributeValue::Cidr("10.0.0.0/8".parse().expect("a network"))),
        Just(AttributeValue::Json("{\"a\":[1]}".into())),
    ];
    single.prop_recursive(1, 4, 3, |inner| vec(inner, 0..4).prop_map(AttributeValue::List))
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let attribute = (any::<u16>(), values(), any::<u16>(), seconds());
    vec(attribute, 0..4).prop_map(|attributes| {
        let attributes = attributes.into_iter().map(|(id, value, source, first_seen)| Attribute {
            id: AttributeId::new(id),
            value,
            source: SourceId::new(source),
            first_seen,
        });
        Attributes::new(attributes.collect())
    })
}

fn standings() -> impl Strategy<Value = Standing> {
    let claim = (any::<u16>(), values(), any::<u16>(), seconds());
    let pins = vec((any::<u16>(), seconds(), texts()), 0..3);
    let stale = vec((any::<u16>(), seconds()), 0..3);
    (vec(claim, 0..4), pins, stale, vec(ci_ids(), 0..3)).prop_map(|(claims, pins, stale, aliases)| {
        let mut claims: Vec<Attribute> = claims
            .into_iter()
            .map(|(id, value, source, first_seen)| Attribute {
                id: AttributeId::new(id),
                value,
                source: SourceId::new(source),
                first_seen,
            })
            .collect();
        claims.sort_by_key(|claim| (claim.id, claim.source));
        claims.dedup_by_key(|claim| (claim.id, claim.source));
        let pins = pins.into_iter().map(|(attribute, at, by)| Pin {
            attribute: AttributeId::new(attribute),
            at,
            by: by.into(),
        });
        let stale = stale.into_iter().map(|(source, since)| Stale {
            source: SourceId::new(source),
            since,
        });
        Standing {
            claims: Claims::new(claims),
            pins: pins.collect(),
            stale: stale.collect(),
            aliases,
        }
    })
}

fn cis() -> impl Strategy<Value = ConfigurationItem> {
    let origins = vec((any::<u16>(), texts(), seconds()), 0..3);
    let stamps = (stamps(), option::of(stamps()));
    let standing = prop_oneof![Just(Standing::default()), standings()];
    let texts = (texts(), vec(texts(), 0..3), origins);
    (
        ci_ids(),
        any::<u16>(),
        stages(),
        texts,
        attributes(),
        validities(),
        (stamps, standing),
    )
        .prop_map(
            |(id, ci_type, stage, (name, tags, origins), attributes, validity, ((created, changed), standing))| {
                let origins = origins.into_iter().map(|(source, key, first_seen)| Origin {
                    source: SourceId::new(source),
                    native_key: key.into(),
                    first_seen,
                });
                ConfigurationItem::new(CiFields {
                    id,
                    ci_type: CiTypeId::new(ci_type),
                    name,
                    stage,
                    stage_assumed: ci_type % 2 == 0,
                    tags,
                    attributes,
                    origins: origins.collect(),
                    validity,
                    standing,
                    created,
                    changed: changed.unwrap_or(created),
                })
            },
        )
}

fn extras() -> impl Strategy<Value = RelationshipExtras> {
    let strengths = (option::of(strengths()), option::of(strengths()));
    let said_by = (any::<u16>(), seconds()).prop_map(|(source, first_seen)| SaidBy {
        source: SourceId::new(source),
        first_seen,
    });
    (
        texts(),
        strengths,
        weights(),
        option::of(group_ids()),
        attributes(),
        vec(said_by, 0..3),
        validities(),
    )
        .prop_map(
            |(qualifier, (forward, reverse), weight, group, attributes, also_said_by, validity)| RelationshipExtras {
                qualifier: qualifier.into(),
                forward,
                reverse,
                weight,
                group,
                attributes,
                also_said_by,
                validity,
            },
        )
}

fn relationships() -> impl Strategy<Value = Relationship> {
    (
        any::<u64>(),
        any::<u16>(),
        ci_ids(),
        ci_ids(),
        any::<u16>(),
        seconds(),
        extras(),
    )
        .prop_map(
            |(id, relationship_type, from, to, source, first_seen, extras)| Relationship {
                id: RelationshipId::new(id),
                relationship_type: RelationshipTypeId::new(relationship_type),
                from,
                to,
                qualifier: extras.qualifier,
                forward: extras.forward,
                reverse: extras.reverse,
                weight: extras.weight,
                group: extras.group,
                attributes: extras.attributes,
                source: SourceId::new(source),
                first_seen,
                also_said_by: extras.also_said_by,
                validity: extras.validity,
            },
        )
}

fn relationship_records() -> impl Strategy<Value = RelationshipRecord> {
    let numbers = (any::<u32>(), any::<u64>(), any::<u32>(), any::<u32>());
    (numbers, any::<u16>(), any::<u16>(), seconds(), option::of(extras())).prop_map(
        |((slot, id, from, to), relationship_type, source, first_seen, extras)| RelationshipRecord {
            slot,
            id: RelationshipId::new(id),
            from,
            to,
            relationship_type: RelationshipTypeId::new(relationship_type),
            source: SourceId::new(source),
            first_seen,
            extras: extras.map(Box::new),
        },
    )
}

fn thresholds() -> impl Strategy<Value = Thresholds> {
    let threshold = prop_oneof![
        any::<u32>().prop_map(Threshold::Count),
        (0u8..=100).prop_map(Threshold::Percent)
    ];
    (
        option::of(threshold.clone()),
        option::of(threshold.clone()),
        option::of(threshold),
    )
        .prop_map(|(up_min, capacity_min, spare_min)| Thresholds {
            up_min,
            capacity_min,
            spare_min,
        })
}

fn groups() -> impl Strategy<Value = RedundancyGroup> {
    let member =
        (ci_ids(), weights(), strengths()).prop_map(|(ci, weight, strength)| GroupMember { ci, weight, strength });
    let ends = (names(), ci_ids(), vec(member, 0..4));
    (
        group_ids(),
        ends,
        thresholds(),
        strengths(),
        any::<bool>(),
        validities(),
    )
        .prop_map(
            |(id, (name, consumer, members), thresholds, strength, grounded, validity)| RedundancyGroup {
                id,
                name,
                consumer,
                members,
                thresholds,
                strength,
                grounded,
                validity,
            },
        )
}

fn value_types() -> impl Strategy<Value = ValueType> {
    let single = prop_oneof![
        Just(ValueType::String),
        Just(ValueType::Integer),
        Just(ValueType::Decimal),
        Just(ValueType::Boolean),
        Just(ValueType::Timestamp),
        Just(ValueType::Duration),
        vec(texts(), 0..3).prop_map(ValueType::Enumeration),
        Just(ValueType::IpAddress),
        Just(ValueType::Cidr),
        Just(ValueType::Mac),
        Just(ValueType::Url),
        Just(ValueType::Email),
        Just(ValueType::Json),
    ];
    prop_oneof![single.clone(), single.prop_map(|of| ValueType::List(Box::new(of)))]
}

fn attribute_definitions() -> impl Strategy<Value = Vec<AttributeDefinition>> {
    let limits = (option::of(any::<i64>()), option::of(any::<i64>()));
    let flags = any::<(bool, bool, bool)>();
    let texts = (texts(), option::of(texts()), option::of(texts()));
    let definition = (any::<u16>(), names(), value_types(), limits, flags, texts).prop_map(
        |(id, name, value_type, limits, (required, unique, secret), (description, pattern, unit))| {
            let decimal = |units: i64| Decimal::new(units, 2).expect("a small scale");
            AttributeDefinition {
                id: AttributeId::new(id),
                name,
                description,
                value_type,
                required,
                unique,
                pattern,
                minimum: limits.0.map(decimal),
                maximum: limits.1.map(decimal),
                unit,
                secret,
            }
        },
    );
    vec(definition, 0..3)
}

fn ci_types() -> impl Strategy<Value = CiTypeDefinition> {
    let related =
        (names(), names(), vec(names(), 0..3)).prop_map(|(relationship_type, ci_type, attributes)| RelatedIdentifier {
            relationship_type,
            ci_type,
            attributes,
        });
    let within = (option::of(names()), option::of(related));
    let rule = (names(), vec(names(), 0..3), any::<u16>(), within).prop_map(
        |(name, attributes, priority, (host, related))| IdentificationRule {
            name,
            attributes,
            priority,
            host,
            related,
        },
    );
    let texts = (names(), texts(), texts());
    let grace = option::of((0i64..1_000_000).prop_map(SignedDuration::from_secs));
    let rest = (any::<bool>(), option::of(1u8..5), option::of(vec(rule, 0..3)), grace);
    (
        any::<u16>(),
        texts,
        option::of(any::<u16>()),
        attribute_definitions(),
        rest,
    )
        .prop_map(|(id, (name, label, description), parent, attributes, rest)| {
            let (is_abstract, default_tier, identification, retire_after) = rest;
            CiTypeDefinition {
                id: CiTypeId::new(id),
                name,
                label,
                description,
                parent: parent.map(CiTypeId::new),
                is_abstract,
                attributes,
                identification,
                default_tier,
                retire_after,
            }
        })
}

fn relationship_types() -> impl Strategy<Value = RelationshipTypeDefinition> {
    let ends = || vec(any::<u16>().prop_map(CiTypeId::new), 0..3);
    let texts = (names(), texts(), texts(), texts());
    let strengths = (strengths(), strengths(), option::of(any::<u16>()));
    (any::<u16>(), texts, ends(), ends(), strengths, attribute_definitions()).prop_map(
        |(id, (name, forward_phrase, reverse_phrase, description), from_types, to_types, strengths, attributes)| {
            RelationshipTypeDefinition {
                id: RelationshipTypeId::new(id),
                name,
                forward_phrase,
                reverse_phrase,
                description,
                from_types,
                to_types,
                forward: strengths.0,
                reverse: strengths.1,
                pool: strengths.2.map(PoolId::new),
                attributes,
            }
        },
    )
}

fn pools() -> impl Strategy<Value = PoolDefinition> {
    (
        any::<u16>(),
        names(),
        texts(),
        thresholds(),
        option::of(names()),
        any::<bool>(),
    )
        .prop_map(
            |(id, name, description, thresholds, up_min_attribute, grounded)| PoolDefinition {
                id: PoolId::new(id),
                name,
                description,
                thresholds,
                up_min_attribute,
                grounded,
            },
        )
}

fn lifecycle_rules() -> impl Strategy<Value = LifecycleRule> {
    (stages(), any::<bool>(), 0u8..4, vec(stages(), 0..4)).prop_map(|(stage, takes_part, level, next)| LifecycleRule {
        stage,
        takes_part,
        current_state: ImpactState::from_level(level),
        next,
    })
}

fn ingest_rules() -> impl Strategy<Value = IngestRule> {
    let lists = || (vec(names(), 0..3), vec(texts(), 0..3), vec(texts(), 0..3));
    let word = any::<prop::sample::Index>();
    prop_oneof![
        (names(), texts(), any::<[bool; 4]>(), word, 0u8..=100).prop_map(|(name, description, may, word, share)| {
            IngestRule::Source(SourceRule {
                name,
                description,
                rights: SourceRights {
                    may_create: may[0],
                    may_update: may[1],
                    may_retire: may[2],
                    may_create_placeholders: may[3],
                    on_no_match: OnNoMatch::ALL[word.index(3)],
                    on_many_matches: OnManyMatches::ALL[word.index(2)],
                    sweep_share_max: share,
                },
            })
        }),
        (
            names(),
            any::<u16>(),
            vec(names(), 0..3),
            any::<prop::sample::Index>(),
            option::of(0i64..1_000_000)
        )
            .prop_map(|(name, ci_type, attributes, word, lapse)| {
                IngestRule::Authority(AuthorityRule {
                    name,
                    ci_type: CiTypeId::new(ci_type),
                    attributes: attributes.clone(),
                    authority: Authority {
                        policy: AuthorityPolicy::ALL[word.index(5)],
                        sources: attributes,
                        lapse: lapse.map(SignedDuration::from_secs),
                    },
                })
            }),
        (names(), lists()).prop_map(|(name, (attributes, values, patterns))| {
            IngestRule::Junk(JunkRule {
                name,
                attributes,
                values,
                patterns,
            })
        }),
        (names(), any::<[u16; 3]>(), names(), names(), any::<bool>()).prop_map(
            |(name, ids, attribute, to_attribute, reversed)| {
                IngestRule::Derivation(DerivationRule {
                    name,
                    from: CiTypeId::new(ids[0]),
                    attribute,
                    relationship_type: RelationshipTypeId::new(ids[1]),
                    to: CiTypeId::new(ids[2]),
                    to_attribute,
                    reversed,
                })
            }
        ),
        (names(), any::<u16>()).prop_map(|(name, ci_type)| {
            IngestRule::ClassAlias(ClassAlias {
                name,
                ci_type: CiTypeId::new(ci_type),
            })
        }),
    ]
}

fn reviews() -> impl Strategy<Value = ReviewItem> {
    let texts = (texts(), texts(), texts(), texts());
    let state = prop_oneof![
        Just(ReviewState::Open),
        (ci_ids(), seconds()).prop_map(|(ci, at)| ReviewState::Resolved { ci, at }),
        (super::tests::texts(), seconds()).prop_map(|(reason, at)| ReviewState::Dismissed {
            reason: reason.into(),
            at
        }),
    ];
    let kind = any::<prop::sample::Index>();
    let source = sources().prop_map(|source| SourceName {
        name: source.name,
        feed: source.feed,
        scope: source.scope,
    });
    (ci_ids(), kind, source, texts, vec(ci_ids(), 0..3), seconds(), state).prop_map(
        |(id, kind, source, (subject, ci_type, record, reason), candidates, first_seen, state)| ReviewItem {
            id: ReviewId::from_uuid(id.as_uuid()),
            kind: ReviewKind::ALL[kind.index(3)],
            source,
            subject: subject.into(),
            ci_type: ci_type.into(),
            record: record.into(),
            candidates,
            reason: reason.into(),
            first_seen,
            state,
        },
    )
}

fn sources() -> impl Strategy<Value = Source> {
    (any::<u16>(), names()).prop_map(|(id, name)| Source {
        id: SourceId::new(id),
        name,
        feed: if id % 2 == 0 { "".into() } else { "feed".into() },
        scope: if id % 3 == 0 { "".into() } else { "dc north".into() },
    })
}

/// A creation, an update or a removal.
fn changes<T: std::fmt::Debug + Clone + 'static>(
    things: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = BeforeAfter<T>> {
    prop_oneof![
        things.clone().prop_map(BeforeAfter::created),
        (things.clone(), things.clone()).prop_map(|(before, after)| BeforeAfter::updated(before.into(), after)),
        things.prop_map(|before| BeforeAfter::removed(before.into())),
    ]
}

fn merges() -> impl Strategy<Value = Merge> {
    let fate = prop_oneof![
        Just(RelationshipFate::Moved),
        Just(RelationshipFate::Dropped),
        (relationships(), relationships()).prop_map(|(before, after)| RelationshipFate::United {
            before: Box::new(before),
            after: Box::new(after),
        }),
    ];
    let relationship = (relationships(), fate).prop_map(|(before, fate)| MergedRelationship { before, fate });
    let group = (groups(), groups()).prop_map(|(before, after)| MergedGroup { before, after });
    let linked = (vec(relationship, 0..3), vec(group, 0..2));
    (cis(), cis(), cis(), linked, texts(), texts()).prop_map(
        |(absorbed, before, after, (relationships, groups), by, reason)| Merge {
            absorbed,
            before,
            after,
            relationships,
            groups,
            by: by.into(),
            reason: reason.into(),
        },
    )
}

fn distinctions() -> impl Strategy<Value = Distinction> {
    let at = (-1_000_000i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("in range"));
    (cis(), cis(), at, texts(), texts()).prop_map(|(one, other, at, by, reason)| Distinction {
        cis: [one.id(), other.id()],
        at,
        by: by.into(),
        reason: reason.into(),
    })
}

fn items() -> impl Strategy<Value = DeltaItem> {
    prop_oneof![
        changes(sources().boxed()).prop_map(DeltaItem::Source),
        changes(ci_types().boxed()).prop_map(DeltaItem::CiType),
        changes(relationship_types().boxed()).prop_map(DeltaItem::RelationshipType),
        changes(pools().boxed()).prop_map(DeltaItem::Pool),
        changes(lifecycle_rules().boxed()).prop_map(DeltaItem::Lifecycle),
        changes(ingest_rules().boxed()).prop_map(DeltaItem::IngestRule),
        changes(reviews().boxed()).prop_map(DeltaItem::Review),
        changes(cis().boxed()).prop_map(DeltaItem::Ci),
        changes(relationships().boxed()).prop_map(DeltaItem::Relationship),
        changes(groups().boxed()).prop_map(DeltaItem::Group),
        changes(merges().boxed()).prop_map(DeltaItem::Merge),
        changes(distinctions().boxed()).prop_map(DeltaItem::Distinction),
    ]
}

fn keys() -> impl Strategy<Value = IdempotencyKey> {
    "[!-~]{1,20}".prop_map(|text| IdempotencyKey::new(&text).expect("a key"))
}

pub(in crate::store) fn entries() -> impl Strategy<Value = JournalEntry> {
    let asked = (
        texts(),
        names(),
        option::of(texts()),
        option::of(keys()),
        any::<[u8; 32]>(),
    );
    (any::<u64>(), moments(), asked, vec(items(), 0..5)).prop_map(
        |(revision, at, (actor, source, reason, idempotency_key, request_digest), items)| JournalEntry {
            revision: Revision::new(revision),
            at,
            actor: Actor { name: actor.into() },
            source,
            reason: reason.map(Into::into),
            idempotency_key,
            request_digest,
            delta: Arc::new(Delta { items }),
        },
    )
}

fn idempotency_records() -> impl Strategy<Value = IdempotencyRecord> {
    (keys(), any::<[u8; 32]>(), any::<u64>(), moments()).prop_map(|(key, request_digest, revision, at)| {
        IdempotencyRecord {
            key,
            request_digest,
            revision: Revision::new(revision),
            at,
        }
    })
}

fn runs() -> impl Strategy<Value = Run> {
    let source = (names(), texts(), texts()).prop_map(|(name, feed, scope)| SourceName {
        name,
        feed: feed.into(),
        scope: scope.into(),
    });
    let error = option::of(("[A-Z_]{1,9}", texts()));
    let counts = any::<[u64; 9]>().prop_map(|numbers| RunCounts {
        records: numbers[0],
        created: numbers[1],
        updated: numbers[2],
        unchanged: numbers[3],
        refused: numbers[4],
        warnings: numbers[5],
        stale: numbers[6],
        retired: numbers[7],
        relationships_removed: numbers[8],
    });
    let moments = (moments(), moments());
    let state = any::<prop::sample::Index>();
    let session = option::of(1u128..);
    (source, texts(), session, state, moments, counts, any::<u64>(), error).prop_map(
        |(source, actor, session, state, (began, ended), counts, revision, error)| Run {
            source,
            actor: actor.into(),
            session: session.map(Uuid::from_u128),
            state: RunState::ALL[state.index(RunState::ALL.len())],
            began,
            ended,
            counts,
            revision: Revision::new(revision),
            error: error.map(|(code, message)| (code.into(), message.into())),
        },
    )
}

/// Bytes of every kind of record there is, to be damaged.
fn records() -> impl Strategy<Value = (Option<ChunkKind>, Vec<u8>)> {
    prop_oneof![
        entries().prop_map(|entry| (None, encode_entry(&entry))),
        vec(cis(), 1..3).prop_map(|cis| (Some(ChunkKind::Cis), encode_cis((7..).zip(&cis)))),
        vec(relationship_records(), 1..3).prop_map(|records| (
            Some(ChunkKind::Relationships),
            encode_relationships(records.into_iter())
        )),
        vec(items(), 1..3).prop_map(|items| (Some(ChunkKind::Catalog), encode_items(items.iter()))),
        vec(any::<u32>(), 1..5).prop_map(|seconds| (Some(ChunkKind::CiSightings), encode_sightings(&seconds))),
        vec(idempotency_records(), 1..3)
            .prop_map(|records| (Some(ChunkKind::Idempotency), encode_idempotency(records.iter()))),
        vec(runs(), 1..3).prop_map(|runs| (Some(ChunkKind::Runs), encode_runs(runs.iter()))),
    ]
}

fn decode(kind: Option<ChunkKind>, bytes: &[u8]) -> Result<(), RecordError> {
    match kind {
        Some(kind) => check_chunk(kind, bytes).map(drop),
        None => decode_entry(bytes).map(drop),
    }
}

proptest! {
    #[test]
    fn a_journal_entry_reads_back(entry in entries()) {
        prop_assert_eq!(decode_entry(&encode_entry(&entry)), Ok(entry));
    }

    #[test]
    fn cis_of_a_chunk_read_back(all in vec((any::<u32>(), cis()), 0..5)) {
        let bytes = encode_cis(all.iter().map(|(slot, ci)| (*slot, ci)));
        let mut read = Vec::new();
        prop_assert_eq!(decode_cis(&bytes, |slot, ci| read.push((slot, ci))), Ok(()));
        prop_assert_eq!(read, all);
    }

    #[test]
    fn relationships_of_a_chunk_read_back(all in vec(relationship_records(), 0..6)) {
        let bytes = encode_relationships(all.iter().cloned());
        let mut read = Vec::new();
        prop_assert_eq!(decode_relationships(&bytes, |record| read.push(record)), Ok(()));
        prop_assert_eq!(read, all);
    }

    #[test]
    fn the_other_chunks_read_back(
        items in vec(items(), 0..5),
        seconds in vec(any::<u32>(), 0..9),
        window in vec(idempotency_records(), 0..5),
        runs in vec(runs(), 0..4),
    ) {
        prop_assert_eq!(decode_items(&encode_items(items.iter())), Ok(items));
        prop_assert_eq!(decode_sightings(&encode_sightings(&seconds)), Ok(seconds));
        prop_assert_eq!(decode_idempotency(&encode_idempotency(window.iter())), Ok(window));
        prop_assert_eq!(decode_runs(&encode_runs(runs.iter())), Ok(runs));
    }

    /// Whatever the bytes, decoding ends, without a panic; what it makes of them is for the
    /// checksums to judge.
    #[test]
    fn damaged_records_are_errors_or_other_records(
        (kind, mut bytes) in records(),
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in option::of(any::<prop::sample::Index>()),
    ) {
        for (at, mask) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _either = decode(kind, &bytes);
    }

    #[test]
    fn random_bytes_are_errors_or_records(mut bytes in vec(any::<u8>(), 0..200)) {
        for version in [None, Some(VERSION)] {
            if let (Some(version), Some(first)) = (version, bytes.first_mut()) {
                *first = version;
            }
            for kind in ChunkKind::ALL.map(Some).into_iter().chain([None]) {
                let _either = decode(kind, &bytes);
            }
        }
    }
}

#[test]
fn a_newer_record_is_refused_by_its_version() {
    let mut bytes = encode_sightings(&[1]);
    bytes[0] = VERSION + 1;
    let refused = RecordError::TooNew { found: 2, supported: 1 };
    assert_eq!(decode_sightings(&bytes), Err(refused));
    assert_eq!(decode_sightings(&[]), Err(RecordError::Damaged));
    assert_eq!(decode_sightings(&[0]), Err(RecordError::Damaged));
}

#[test]
fn a_length_that_the_bytes_do_not_fill_takes_no_memory() {
    let mut writer = versioned();
    writer.byte(4); // a lifecycle rule
    writer.byte(2); // created
    writer.raw(&[0, 0, 0]);
    writer.number(u64::MAX); // stages that may follow
    assert_eq!(decode_items(&writer.finish()), Err(RecordError::Damaged));
}
