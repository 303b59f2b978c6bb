use super::*;
use crate::catalog::Catalog;
use crate::ingest::observation::{Position, Problem};
use crate::model::command::NewPin;

/// Names, separated by blanks.
const SECRET: &str = "\
    password Password PASSWORD db_password dbPassword DB_PASSWORD dbpassword root-password password2 \
    password_1 passwd ansible_ssh_pass db_pass pwd userPwd rootpw passphrase secret client_secret \
    clientSecret clientsecret shared-secret secret_value secret_string token access_token accessToken \
    auth_token GITHUB_TOKEN refreshToken bootstrap.token api_key apiKey apikey APIKey X-API-Key \
    x_api_keys private_key privateKey private_key_pem secret_key AWS_SECRET_ACCESS_KEY access_key \
    AccountKey SharedAccessKey signing_key encryption_key master_key wpa_key pre_shared_key psk \
    credential credentials password_hash password_encrypted snmp_community snmpCommunity license_key \
    --password bindpw pass \
";

/// Names, separated by blanks.
const HARMLESS: &str = "\
    name password_policy passwordPolicy password_last_set password_expires_at password_min_length \
    token_ttl tokenTtl token_type token_url token_count secret_name secretName secret_ref secretKeyRef \
    secret_arn secret_id secrets_engine credentials_file credential_id private_key_path private_ip key \
    key_count key_algorithm key_bits primary_key foreign_key public_key ssh_public_key host_key \
    partition_key keyboard access_key_id api_key_name has_password requires_password is_secret \
    max_tokens use_token imagePullSecrets compass bypass passive passengers boarding_pass monkey \
    tokenizer secretary community bgp_community author authentication authorization_mode spwd_file \
    pwm_count credentialing native_key ci_key licence_metric \
";

#[test]
fn names_of_secrets_are_told_from_names_about_secrets() {
    for name in SECRET.split_whitespace() {
        assert!(is_secret_name(name), "{name}");
    }
    for name in HARMLESS.split_whitespace().chain([""]) {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn no_plain_attribute_of_the_catalog_is_taken_for_a_secret() {
    let mut catalog = Catalog::default();
    for item in Catalog::embedded().expect("the embedded catalog") {
        catalog.apply(&item);
    }
    let mut secret = 0;
    for ci_type in catalog.ci_types() {
        for attribute in catalog.attributes_of(ci_type.id) {
            let taken = is_secret_name(attribute.name.as_str());
            assert!(!taken || attribute.secret, "{} of {}", attribute.name, ci_type.name);
            secret += usize::from(attribute.secret);
        }
    }
    assert!(secret > 3, "{secret}");
}

#[test]
fn credentials_in_texts_are_masked_and_the_rest_stays() {
    for (text, expected) in [
        (
            "postgres://shop:hunter2@db-01:5432/shop",
            "postgres://shop:***@db-01:5432/shop",
        ),
        (
            "amqp://u:p%40ss@mq/vh see amqps://v:q@mq2",
            "amqp://u:***@mq/vh see amqps://v:***@mq2",
        ),
        ("mongodb+srv://a:b@c1,c2/d?w=1", "mongodb+srv://a:***@c1,c2/d?w=1"),
        ("redis://:hunter2@cache:6379/0", "redis://:***@cache:6379/0"),
        ("http://user:p/w@host/x", "http://user:***@host/x"),
        ("http://user:p@ss@host/x", "http://user:***@host/x"),
        (
            "https://ghp_abcdefghijklmnopqrstuvwxyz0123456789@github.com/a/b",
            "https://***@github.com/a/b",
        ),
        (
            "jdbc:oracle:thin:scott/tiger@db:1521/ORCL",
            "jdbc:oracle:thin:scott/***@db:1521/ORCL",
        ),
        (
            "Server=db;Database=x;User Id=sa;Password=hunter2;Encrypt=yes",
            "Server=db;Database=x;User Id=sa;Password=***;Encrypt=yes",
        ),
        ("Server=db;Pwd='a;b';X=1", "Server=db;Pwd='***';X=1"),
        ("Server=db;Password = \"a b\";X=1", "Server=db;Password = \"***\";X=1"),
        (
            "AccountName=a;AccountKey=Zm9v/+==;EndpointSuffix=s",
            "AccountName=a;AccountKey=***;EndpointSuffix=s",
        ),
        (
            "https://s.blob/x?sv=1&sig=abc%3D&se=2",
            "https://s.blob/x?sv=1&sig=***&se=2",
        ),
        ("https://h/x?api_key=abc&y=1", "https://h/x?api_key=***&y=1"),
        ("PGPASSWORD=hunter2 psql -h db", "PGPASSWORD=*** psql -h db"),
        ("run --password=hunter2 --user=bob", "run --password=*** --user=bob"),
        (
            "{\"user\":\"bob\",\"password\":\"hunter2\"}",
            "{\"user\":\"bob\",\"password\":\"***\"}",
        ),
        ("{\\\"password\\\": \\\"hunter2\\\"}", "{\\\"password\\\": \\\"***\\\"}"),
        (
            "user: bob\npassword: hunter2\nport: 1",
            "user: bob\npassword: ***\nport: 1",
        ),
        (
            "curl -H 'Authorization: Bearer abc.def' x",
            "curl -H 'Authorization: Bearer ***' x",
        ),
        (
            "{\"Authorization\":\"Basic Zm9v\"}",
            "{\"Authorization\":\"Basic ***\"}",
        ),
    ] {
        assert_eq!(mask(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn texts_without_credentials_stay_as_they_are() {
    for text in [
        "",
        "web-01",
        "2026-01-31T12:00:00Z",
        "00:11:22:33:44:55",
        "fe80::1",
        "https://example.com/a@b",
        "https://example.com:8443/@scope/package",
        "http://[::1]:80/@x",
        "ssh://git@github.com/a/b.git",
        "postgres://shop:${DB_PASSWORD}@db/shop",
        "postgres://shop:***@db/shop",
        "Password=;Server=db",
        "password={{ vault_password }}",
        "password=<from-vault>",
        "token_ttl=3600;key_count=2",
        "a=b",
        "if password == old",
        "PWD=/home/bob",
        "token: see the wiki",
        "Passwords are rotated: monthly",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "pkg:npm/left-pad@1.3.0",
        "arn:aws:iam::1:role/x",
        "user:pass",
        "mailto:bob@example.com",
        "jdbc:oracle:thin:@db:1521/ORCL",
        "hvs.short",
        "é=ü:ß://ö",
    ] {
        assert!(
            matches!(mask(text), Some(Cow::Borrowed(same)) if same == text),
            "{text}: {:?}",
            mask(text)
        );
    }
    for text in [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
        "x\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n",
        "glpat-abcdefghijklmnopqrst",
    ] {
        assert_eq!(mask(text), None, "{text}");
    }
}

fn input(json: &str) -> Input {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    Input::from(&value)
}

fn cleaned(attributes: &[(&str, &str)]) -> (Vec<(String, Input)>, Vec<String>) {
    let record = CiRecord {
        ci_type: "server".to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), input(value)))
            .collect(),
        ..CiRecord::default()
    };
    let mut observation = Observation::new(Position::default(), Observed::Ci(Box::new(record)));
    Secrets::default().clean(&mut observation);
    let warnings = observation.warnings.iter();
    let said = warnings.map(|warning| format!("{} {}", warning.code, warning.field.as_deref().unwrap_or_default()));
    let said = said.collect();
    match observation.observed {
        Observed::Ci(record) => (record.attributes, said),
        Observed::Relationship(_) | Observed::Group(_) | Observed::Catalog(_) | Observed::Unreadable(_) => {
            panic!("still a CI")
        }
    }
}

#[test]
fn values_are_cleaned_wherever_they_stand() {
    let custom = r#"{"user":"bob","password":"a","tls":{"privateKey":"b","caFile":"/ca"},
        "env":[{"name":"DB_PASSWORD","value":"c"},{"name":"DB_HOST","value":"db"},{"Key":"token","Value":"d"}],
        "args":["--password","e","--user","bob"],"url":"https://u:f@h/",
        "secret":{"secretName":"s","defaultMode":420,"data":"g"},"tokens":["h",""],"requirePassword":true,
        "pem":"-----BEGIN PRIVATE KEY-----\nx","headers":{"Authorization":"Bearer i"},"password_set":true}"#;
    let (attributes, said) = cleaned(&[
        ("custom", custom),
        ("root_password", "\"j\""),
        ("password", "null"),
        ("description", "\"password=k\""),
        ("cpu_count", "4"),
    ]);
    let expected = r#"{"user":"bob","tls":{"caFile":"/ca"},
        "env":[{"name":"DB_PASSWORD"},{"name":"DB_HOST","value":"db"},{"Key":"token"}],
        "args":["--password","***","--user","bob"],"url":"https://u:***@h/",
        "secret":{"secretName":"s","defaultMode":420},"tokens":["***",""],"requirePassword":true,
        "headers":{},"password_set":true}"#;
    let names: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["custom", "password", "description", "cpu_count"]);
    assert_eq!(attributes[0].1, input(expected));
    assert_eq!(attributes[2].1, Input::from("password=***"));
    let mut said = said;
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "SECRET_DROPPED custom.args[1]",
            "SECRET_DROPPED custom.env[0].value",
            "SECRET_DROPPED custom.env[2].Value",
            "SECRET_DROPPED custom.headers.Authorization",
            "SECRET_DROPPED custom.password",
            "SECRET_DROPPED custom.pem",
            "SECRET_DROPPED custom.secret.data",
            "SECRET_DROPPED custom.tls.privateKey",
            "SECRET_DROPPED custom.tokens[0]",
            "SECRET_DROPPED root_password",
            "SECRET_MASKED custom.url",
            "SECRET_MASKED description",
        ]
    );
}

#[test]
fn many_secrets_of_one_record_are_counted() {
    let many: Vec<String> = (0..100).map(|number| format!("\"a{number}_password\":\"y\"")).collect();
    let (_, said) = cleaned(&[("custom", &format!("{{{}}}", many.join(",")))]);
    assert_eq!(said.len(), WARNINGS_MAX);
}

#[test]
fn keys_and_the_references_to_them_are_masked_alike() {
    let key = "https://bob:hunter2@git/a.git";
    let relationship = RelationshipRecord {
        from: key.to_owned(),
        to: "b".to_owned(),
        ..RelationshipRecord::default()
    };
    let mut observation = Observation::new(Position::default(), Observed::Relationship(Box::new(relationship)));
    Secrets::default().clean(&mut observation);
    let ci = CiRecord {
        key: Some(key.to_owned()),
        pins: vec![NewPin {
            by: Some(key.to_owned()),
            ..NewPin::default()
        }],
        ..CiRecord::default()
    };
    let mut of_ci = Observation::new(Position::default(), Observed::Ci(Box::new(ci)));
    Secrets::default().clean(&mut of_ci);
    match (&observation.observed, &of_ci.observed) {
        (Observed::Relationship(relationship), Observed::Ci(ci)) => {
            assert_eq!(Some(&relationship.from), ci.key.as_ref());
            assert_eq!(ci.key, ci.pins[0].by);
            assert_eq!(relationship.from, "https://bob:***@git/a.git");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_catalog_of_the_payload_may_declare_a_secret() {
    let text = "[[ci_type]]\nname=\"vault\"\nattributes=[{name=\"unseal_token\",type=\"string\",secret=true}]\n";
    let mut secrets = Secrets::default();
    secrets.clean(&mut Observation::new(
        Position::default(),
        Observed::Catalog(text.to_owned()),
    ));
    let record = CiRecord {
        attributes: vec![
            ("unseal_token".to_owned(), Input::from("x")),
            ("root_token".to_owned(), Input::from("y")),
        ],
        ..CiRecord::default()
    };
    let mut observation = Observation::new(Position::default(), Observed::Ci(Box::new(record)));
    secrets.clean(&mut observation);
    assert!(matches!(&observation.observed, Observed::Ci(ci) if ci.attributes.len() == 1));
}

#[test]
fn a_report_does_not_repeat_what_could_not_be_read_of_a_secret() {
    let problem = |field: &str, value: &str| {
        Problem::new(crate::app::ErrorCode::InvalidAttribute, "no")
            .of_field(field)
            .of_value(value)
    };
    let unreadable = Unreadable {
        kind: None,
        key: None,
        problems: vec![
            problem("ci.attributes.db_password", "hunter2"),
            problem("url", "x://a:hunter2@b"),
        ],
    };
    let mut observation = Observation::new(Position::default(), Observed::Unreadable(unreadable));
    Secrets::default().clean(&mut observation);
    assert!(!format!("{observation:?}").contains("hunter2"), "{observation:?}");
}

/// Not a bound that must hold on every machine: the number is printed for whoever runs it alone.
#[test]
fn cleaning_an_ordinary_record_costs_next_to_nothing() {
    let attributes = [
        ("serial_number", "\"XK-2231-9938\""),
        ("fqdn", "\"shop-web-01.example.com\""),
        ("cpu_count", "4"),
        ("mac_addresses", "[\"00:11:22:33:44:55\"]"),
        ("description", "\"The first web server of the shop.\""),
        ("purchase_date", "\"2026-01-31T12:00:00Z\""),
        ("custom", "{\"rack\":\"r1\",\"owner\":\"bob\"}"),
        ("operating_system", "\"Debian GNU/Linux\""),
    ];
    let record = CiRecord {
        key: Some("vm-17".to_owned()),
        name: Some("shop-web-01".to_owned()),
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), input(value)))
            .collect(),
        ..CiRecord::default()
    };
    let mut observation = Observation::new(Position::default(), Observed::Ci(Box::new(record)));
    let mut secrets = Secrets::default();
    let begun = std::time::Instant::now();
    for _ in 0..10_000 {
        secrets.clean(&mut observation);
    }
    let each = begun.elapsed() / 10_000;
    assert!(observation.warnings.is_empty());
    assert!(each < std::time::Duration::from_millis(1), "{each:?} a record");
    note(&format!("{each:?} a record"));
}

#[expect(clippy::print_stderr, reason = "the number is the point of the test")]
fn note(text: &str) {
    eprintln!("{text}");
}
