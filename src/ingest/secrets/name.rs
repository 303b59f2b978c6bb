//! Which names are a secret's: `db_password`, `clientSecret`, `X-API-Key`; and which only speak of
//! one: `password_policy`, `token_ttl`, `secretName`.

/// What the words of a secret's name begin with: whatever holds none of them is harmless, and told so
/// without taking it apart. [`may_be_secret`] knows their first two letters.
const STEMS: [&str; 8] = ["communit", "credential", "key", "pass", "psk", "pw", "secret", "token"];

/// Words that are a secret when they end a name.
const SECRETS: [&str; 20] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passphrases",
    "passcode",
    "pwd",
    "pw",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "psk",
    "bindpw",
    "rootpw",
    "apikey",
    "apikeys",
    "privatekey",
];

/// What a name may end in that is written as one word with what stands before: `dbpassword`.
const ENDINGS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "authtoken",
    "accesstoken",
];

/// Words that make a `key` behind them a secret.
const KEYS: [&str; 21] = [
    "access",
    "account",
    "activation",
    "api",
    "auth",
    "decryption",
    "encryption",
    "hmac",
    "licence",
    "license",
    "master",
    "preshared",
    "private",
    "secret",
    "session",
    "shared",
    "signing",
    "storage",
    "symmetric",
    "wep",
    "wpa",
];

/// Words that make a `pass` behind them a password and no pass.
const PASSES: [&str; 17] = [
    "admin", "auth", "become", "bind", "db", "ftp", "http", "ldap", "login", "mysql", "pg", "redis", "root", "smtp",
    "ssh", "sudo", "user",
];

/// Words behind a secret's name that leave it one: `password_hash`, `secret_value`.
const STILL: [&str; 19] = [
    "base64",
    "clear",
    "cleartext",
    "current",
    "data",
    "enc",
    "encoded",
    "encrypted",
    "hash",
    "hashed",
    "new",
    "old",
    "pem",
    "plain",
    "plaintext",
    "raw",
    "string",
    "text",
    "value",
];

/// Words before a secret's name that make it a question or a number: `requires_password`,
/// `max_tokens`.
const ABOUT: [&str; 24] = [
    "allow", "allows", "can", "count", "disable", "disabled", "enable", "enabled", "has", "is", "max", "maximum",
    "min", "minimum", "no", "num", "number", "public", "pull", "require", "required", "requires", "total", "use",
];

/// Fields below a secret's name that do not hold it but say something of it.
const DESCRIPTIONS: [&str; 50] = [
    "algorithm",
    "arn",
    "at",
    "audience",
    "bits",
    "count",
    "created",
    "date",
    "days",
    "description",
    "email",
    "enabled",
    "endpoint",
    "engine",
    "environment",
    "expiration",
    "expires",
    "file",
    "host",
    "hostname",
    "hours",
    "id",
    "kind",
    "label",
    "length",
    "location",
    "login",
    "minutes",
    "mode",
    "name",
    "namespace",
    "optional",
    "owner",
    "path",
    "policy",
    "port",
    "provider",
    "ref",
    "region",
    "role",
    "scope",
    "seconds",
    "status",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "version",
];

/// Whether what stands under a name is a secret by that name.
///
/// The last words count: `secret_name` is a name and `secret` is one. Words are told apart by
/// punctuation, blanks and capitals.
pub fn is_secret_name(name: &str) -> bool {
    if !may_be_secret(name) {
        return false;
    }
    let words = words(name);
    let end = words.iter().rposition(|word| !STILL.contains(&word.as_str()));
    let Some((last, before)) = end.and_then(|end| words.get(..=end)).and_then(<[String]>::split_last) else {
        return false;
    };
    if before.first().is_some_and(|first| ABOUT.contains(&first.as_str()))
        || before.last().is_some_and(|word| ABOUT.contains(&word.as_str()))
    {
        return false;
    }
    let behind = |known: &[&str]| before.last().is_some_and(|word| known.contains(&word.as_str()));
    match last.as_str() {
        "key" | "keys" => behind(&KEYS),
        "pass" => before.is_empty() || behind(&PASSES),
        "community" => before.iter().any(|word| word == "snmp" || word == "ro" || word == "rw"),
        word => SECRETS.contains(&word) || ENDINGS.iter().any(|ending| word.ends_with(ending)),
    }
}

/// Whether a field below a secret's name only says something of the secret.
pub(super) fn describes_a_secret(name: &str) -> bool {
    let words = words(name);
    words.last().is_some_and(|word| DESCRIPTIONS.contains(&word.as_str()))
}

/// Whether a name holds the beginning of a secret's word anywhere: most names do not.
fn may_be_secret(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [first, second, ..] = rest {
        // Setting this bit makes a capital small and leaves other letters alone.
        let pair = [first | 0x20, second | 0x20];
        if matches!(&pair, b"co" | b"cr" | b"ke" | b"pa" | b"ps" | b"pw" | b"se" | b"to") && begins_with_stem(rest) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

fn begins_with_stem(rest: &[u8]) -> bool {
    STEMS.iter().any(|stem| {
        let head = rest.get(..stem.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(stem.as_bytes()))
    })
}

/// The words of a name in small letters, without the digits that number them.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_is_small = letters.peek().is_some_and(|next| next.is_lowercase());
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || before.is_ascii_digit() || before.is_uppercase() && next_is_small
            });
        if begins || !letter.is_alphanumeric() {
            end(&mut word, &mut words);
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    end(&mut word, &mut words);
    words
}

fn end(word: &mut String, words: &mut Vec<String>) {
    let whole = std::mem::take(word);
    let plain = if STILL.contains(&whole.as_str()) {
        whole.as_str()
    } else {
        whole.trim_end_matches(|letter: char| letter.is_ascii_digit())
    };
    if !plain.is_empty() {
        words.push(plain.to_owned());
    }
}
