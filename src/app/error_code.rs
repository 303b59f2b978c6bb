//! The one table of errors a client can see: GraphQL, problem+json and the command line read it.

use std::fmt;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $exit:literal, $remedy:literal;)*) => {
        /// A stable code of an error: `extensions.code` in GraphQL, `code` in problem+json and in
        /// the command line's `--json` output.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// All codes, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The HTTP status of an answer that is nothing but this error.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// The exit code of a command that ends with this error.
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$variant => $exit),* }
            }

            /// What the client can do about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),* }
            }
        }
    };
}

// Exit codes: 2 the command line is wrong, 3 the input is refused, 4 something asked for is not
// there, 5 the store cannot be used, 6 the server cannot be reached or is busy, 7 not allowed,
// 70 our bug. 0 and 1 and 10 onwards belong to the commands themselves.
error_codes! {
    /// A value is not what its field takes.
    BadUserInput = "BAD_USER_INPUT", 400, 3, "correct the value named in the message";
    /// The body or a line of it is not JSON.
    MalformedJson = "MALFORMED_JSON", 400, 3, "send valid JSON in UTF-8";
    /// A text is not UTF-8.
    InvalidUtf8 = "INVALID_UTF8", 400, 3, "send the text in UTF-8";
    /// A line of a stream is too long.
    LineTooLong = "LINE_TOO_LONG", 413, 3, "split the record, or raise the limit in the configuration";
    /// The whole body is too large.
    BodyTooLarge = "BODY_TOO_LARGE", 413, 3, "send less at once, or use the bulk route /ingest";
    /// The GraphQL document does not parse or does not fit the schema.
    InvalidDocument = "GRAPHQL_VALIDATION_FAILED", 400, 3, "correct the document; the schema is at /graphiql";
    /// The GraphQL document or request exceeds a limit.
    LimitExceeded = "LIMIT_EXCEEDED", 400, 3, "ask for less at once: fewer fields, smaller pages, less depth";
    /// A page is larger than allowed.
    PageTooLarge = "PAGE_TOO_LARGE", 400, 3, "ask for less at once, and for the rest by the cursor or `offset`";
    /// A cursor is of another question or another revision.
    CursorExpired = "CURSOR_EXPIRED", 410, 3, "start again without a cursor";
    /// A cursor is none of ours.
    CursorInvalid = "CURSOR_INVALID", 400, 3, "pass back a cursor as it was given";
    /// No CI answers to a reference.
    CiNotFound = "CI_NOT_FOUND", 404, 4, "check the id, `type:name` or identifier";
    /// Several CIs answer to a reference.
    AmbiguousReference = "AMBIGUOUS_REFERENCE", 409, 4, "use one of the ids listed as candidates";
    /// No such relationship.
    RelationshipNotFound = "RELATIONSHIP_NOT_FOUND", 404, 4, "check the relationship id";
    /// No such item in the review queue.
    ReviewNotFound = "REVIEW_NOT_FOUND", 404, 4, "use an id that `reviewQueue` lists";
    /// The item of the review queue was decided before.
    ReviewDecided = "REVIEW_DECIDED", 409, 3, "look at what was decided: `reviewQueue(state: RESOLVED)`";
    /// No such redundancy group.
    GroupNotFound = "GROUP_NOT_FOUND", 404, 4, "check the group id";
    /// No such CI type.
    UnknownCiType = "UNKNOWN_CI_TYPE", 422, 3, "use a type that `ciTypes` lists, or define it first";
    /// The CI type is abstract.
    AbstractCiType = "ABSTRACT_CI_TYPE", 422, 3, "use one of its subtypes";
    /// No such relationship type.
    UnknownRelationshipType = "UNKNOWN_TYPE", 422, 3, "use a type that `relationshipTypes` lists, or define it first";
    /// The source may not create CIs.
    CreateNotAllowed = "CREATE_NOT_ALLOWED", 403, 3, "let another source create it, or give this one the right: `may_create` of its `[[source]]`";
    /// The source may not change CIs.
    UpdateNotAllowed = "UPDATE_NOT_ALLOWED", 403, 3, "let another source change it, or give this one the right: `may_update` of its `[[source]]`";
    /// The record matches no CI, and its source is to have that refused.
    NoMatch = "NO_MATCH", 422, 3, "record the CI first, or let the source create it: `on_no_match` of its `[[source]]`";
    /// The CI type has no such attribute.
    UnknownAttribute = "UNKNOWN_ATTRIBUTE", 422, 3, "use an attribute that the type declares, or declare it first";
    /// A value does not fit its attribute.
    InvalidAttribute = "INVALID_ATTRIBUTE", 422, 3, "send a value of the attribute's type, pattern and range";
    /// A required attribute is missing.
    MissingAttribute = "MISSING_ATTRIBUTE", 422, 3, "send a value for the attribute";
    /// A document's format cannot be told.
    UnknownFormat = "UNKNOWN_FORMAT", 422, 3, "name the format of the document";
    /// Another CI has the same value of a unique attribute.
    DuplicateIdentifier = "DUPLICATE_IDENTIFIER", 409, 3, "update the CI named in the message, or correct the value";
    /// The name is empty or too long.
    InvalidName = "INVALID_NAME", 422, 3, "use a name of 1 to 500 bytes without control characters";
    /// The CI id is in use already.
    CiExists = "CI_EXISTS", 409, 3, "leave the id out, or update the CI";
    /// An end of the relationship does not exist.
    DanglingEdge = "DANGLING_EDGE", 422, 3, "create the CI first, or correct the reference";
    /// The relationship type does not allow these ends.
    DisallowedEnds = "DISALLOWED_ENDS", 422, 3, "use a relationship type that allows these CI types";
    /// The relationship exists already.
    RelationshipExists = "RELATIONSHIP_EXISTS", 409, 3, "change the existing one, or give the new one a qualifier";
    /// A CI in this stage takes no new relationships.
    CiNotActive = "CI_NOT_ACTIVE", 409, 3, "move the CI back into service first";
    /// The lifecycle allows no such transition.
    IllegalTransition = "ILLEGAL_TRANSITION", 409, 3, "move through one of the stages listed in the message";
    /// The CI changed since the caller saw it.
    StaleRevision = "STALE_REVISION", 409, 3, "read the CI again and repeat the change on what you see";
    /// A reason is required.
    ReasonRequired = "REASON_REQUIRED", 422, 3, "say why";
    /// The CI still has relationships.
    CiHasRelationships = "CI_HAS_RELATIONSHIPS", 409, 3, "remove them first, or delete with its relationships; to take a CI out of use, retire it";
    /// Strength outside the law.
    InvalidStrength = "INVALID_STRENGTH", 422, 3, "use a named strength or a table that never falls and never worsens";
    /// State outside the law.
    InvalidState = "INVALID_STATE", 422, 3, "use OK, AT_RISK, DEGRADED or DOWN";
    /// Threshold outside the law.
    InvalidK = "INVALID_K", 422, 3, "use a whole number from 0, or a percentage from 0% to 100%";
    /// Weight outside the law.
    InvalidWeight = "INVALID_WEIGHT", 422, 3, "use a whole number from 1";
    /// Depth outside the law.
    InvalidDepth = "INVALID_DEPTH", 422, 3, "use a depth from 0, or leave it out";
    /// A span of time that ends before it begins.
    InvalidWindow = "INVALID_WINDOW", 422, 3, "let it begin before it ends";
    /// A failed CI of an impact question does not exist.
    RootNotFound = "ROOT_NOT_FOUND", 404, 4, "check the reference; `impact` can leave it out with `ignoreMissing`";
    /// A CI is both failed and assumed.
    AssumeConflict = "ASSUME_CONFLICT", 422, 3, "leave the CI out of `failed` or out of `assume`";
    /// A CI is observed to be bad and to be well.
    ObservationConflict = "OBSERVATION_CONFLICT", 422, 3, "leave the CI out of `symptoms` or out of `healthy`";
    /// A group's member does not exist.
    GroupMemberMissing = "GROUP_MEMBER_MISSING", 422, 3, "create the CI first, or leave it out";
    /// A group's consumer does not exist.
    GroupConsumerMissing = "GROUP_CONSUMER_MISSING", 422, 3, "create the CI first";
    /// The consumer has another group of that name.
    GroupExists = "GROUP_EXISTS", 409, 3, "change the existing group, or use another name";
    /// A catalog text or command is wrong.
    InvalidCatalog = "INVALID_CATALOG", 422, 3, "correct the definition named in the message";
    /// A catalog change would make recorded CIs invalid.
    CatalogBreaksData = "CATALOG_BREAKS_DATA", 409, 3, "correct the CIs listed by `dryRun`, or migrate them with the change";
    /// The idempotency key was used for something else.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 409, 3, "use a new key for a new request";
    /// The command is part of an atomic batch in which another one was refused.
    BatchRefused = "BATCH_REFUSED", 409, 3, "correct the commands that were refused, or send the batch as PARTIAL";
    /// A record says that a CI is of a type beside its own.
    TypeConflict = "TYPE_CONFLICT", 409, 3, "send the recorded type or one along its line, or identify the CI by another key";
    /// A CI is merged with itself.
    MergeSelf = "MERGE_SELF", 422, 3, "name two different CIs";
    /// A merge is to take a value that is not there.
    MergeChoice = "MERGE_CHOICE", 422, 3, "take the other CI's value, or leave the choice out; a preview shows both";
    /// No such merge.
    MergeNotFound = "MERGE_NOT_FOUND", 404, 4, "name the CI that was absorbed: the survivor lists its aliases";
    /// Nobody said that two CIs are not one.
    DistinctionNotFound = "DISTINCTION_NOT_FOUND", 404, 4, "check the ids; `duplicates(state: DISMISSED)` lists such pairs";
    /// Identification found several CIs.
    MultiMatch = "MULTI_MATCH", 409, 3, "resolve the duplicates listed as candidates";
    /// The sync session has ended.
    SessionEnded = "SESSION_ENDED", 409, 3, "begin a new sync session and push everything to it";
    /// The sync session is not known here.
    SessionUnknown = "SESSION_UNKNOWN", 404, 4, "begin a new sync session and push everything to it";
    /// Nothing was pushed to the sync session.
    SessionEmpty = "SESSION_EMPTY", 409, 3, "push to the session before completing it, or abort it";
    /// Something is being pushed to the sync session, or a push to it broke off.
    SessionIncomplete = "SESSION_INCOMPLETE", 409, 3, "wait for pushes that are under way, push all of what broke off again, then complete the session; or abort it";
    /// A sync session would sweep more than its guard allows.
    SweepGuard = "SWEEP_GUARD", 409, 3, "push what is missing, or complete the session with a greater `shareMax`";
    /// The traversal's budget ran out and no bounded answer makes sense.
    BudgetExceeded = "BUDGET_EXCEEDED", 422, 3, "narrow the question, or raise the limit in the configuration";
    /// The writer's queue is full.
    Busy = "BUSY", 503, 6, "send the same request again after a moment";
    /// The storage takes no writes.
    ReadOnly = "READ_ONLY", 503, 5, "free or repair the storage; reads go on, and writes return by themselves";
    /// Whether the write is durable is unknown.
    OutcomeUnknown = "OUTCOME_UNKNOWN", 503, 6, "send the same request again with the same idempotency key";
    /// The store is held by another process.
    StoreLocked = "STORE_LOCKED", 503, 5, "stop the other process, or speak to its server with --url";
    /// The store is damaged.
    StoreDamaged = "STORE_DAMAGED", 500, 5, "restore a backup; `linchpin verify` says what is damaged";
    /// The store is of a newer format.
    StoreTooNew = "STORE_TOO_NEW", 500, 5, "use the version of linchpin that wrote it, or a later one";
    /// No or a wrong token.
    Unauthenticated = "UNAUTHENTICATED", 401, 7, "send `Authorization: Bearer TOKEN`, on the command line --token-file";
    /// Not allowed.
    Forbidden = "FORBIDDEN", 403, 7, "ask with a token that may do this";
    /// No such page or route.
    RouteNotFound = "NOT_FOUND", 404, 4, "see the README for the routes";
    /// The method does not fit the route.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, 3, "use a method that the `Allow` header lists";
    /// Nothing acceptable can be produced.
    NotAcceptable = "NOT_ACCEPTABLE", 406, 3, "accept one of the media types listed in the message";
    /// The content type is not taken.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, 3, "send one of the content types listed in the message";
    /// The request did not arrive in time.
    RequestTimeout = "REQUEST_TIMEOUT", 408, 6, "send faster, or less at once";
    /// Too many connections or requests.
    TooManyRequests = "TOO_MANY_REQUESTS", 429, 6, "close other connections, or wait";
    /// The server cannot be reached.
    ServerUnreachable = "SERVER_UNREACHABLE", 502, 6, "start it with `linchpin serve`, or check --url";
    /// The server is not ready.
    NotReady = "NOT_READY", 503, 6, "wait until /readyz answers 200";
    /// The configuration is wrong.
    InvalidConfiguration = "INVALID_CONFIGURATION", 500, 2, "correct the setting named in the message";
    /// A file of the command line cannot be read or written.
    FileUnusable = "FILE_UNUSABLE", 500, 2, "check the path and its rights";
    /// Our bug.
    Internal = "INTERNAL", 500, 70, "report it with the request id from the log";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_written_once() {
        let codes: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
    }
}
