//! From the fields of a row to a record.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;

use crate::app::ErrorCode;
use crate::ingest::observation::{Observed, Problem, shorten};
use crate::ingest::payload::{CiRecord, RelationshipRecord};
use crate::model::{Input, Weight};

use super::mapping::{CsvMapping, Field, OtherColumns, RowKind, columns_of};

/// Most columns of a file: far more than any type has attributes.
const COLUMNS_MAX: usize = 2_000;

/// What each column of a file is.
#[derive(Debug)]
pub(super) struct Columns {
    kind: RowKind,
    count: usize,
    /// The columns of each field, in order of preference.
    fields: BTreeMap<Field, Vec<usize>>,
    /// The attribute of each column that is one.
    attributes: Vec<(usize, String)>,
}

impl Columns {
    /// Reads the header.
    pub(super) fn new<'a>(mapping: &CsvMapping, header: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let names: Vec<&str> = header.map(str::trim).collect();
        let refuse = |message: String| Err(Problem::new(ErrorCode::BadUserInput, message));
        if names.len() > COLUMNS_MAX {
            return refuse(format!(
                "the header has {} columns, the limit is {COLUMNS_MAX}",
                names.len()
            ));
        }
        let mut sorted: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted
            .iter()
            .zip(sorted.iter().skip(1))
            .find(|(name, next)| name == next)
        {
            return refuse(format!("the column `{}` stands twice in the header", shorten(twice.0)));
        }
        let all: BTreeMap<Field, Vec<usize>> = Field::ALL
            .into_iter()
            .map(|field| (field, places(mapping, field, &names)))
            .collect();
        let stated = |field: Field| !all[&field].is_empty() || mapping.constants.contains_key(&field);
        let kind = mapping.rows.unwrap_or(if stated(Field::From) && stated(Field::To) {
            RowKind::Relationships
        } else {
            RowKind::ConfigurationItems
        });
        let needed: &[Field] = match kind {
            RowKind::ConfigurationItems => &[Field::Type],
            RowKind::Relationships => &[Field::From, Field::Type, Field::To],
        };
        if let Some(absent) = needed.iter().find(|field| !stated(**field)) {
            return refuse(format!(
                "no column says the `{}` of a row; the columns are: {}",
                absent.as_str(),
                shorten(&names.join(", "))
            ));
        }
        let mut fields = all;
        fields.retain(|field, _| match kind {
            RowKind::ConfigurationItems => field.of_cis(),
            RowKind::Relationships => field.of_relationships(),
        });
        let taken: Vec<usize> = fields.values().flatten().copied().collect();
        let stated = match kind {
            RowKind::ConfigurationItems => &mapping.attributes,
            RowKind::Relationships => &mapping.relationship_attributes,
        };
        let attributes = attributes(stated, mapping.other_columns, &names, &taken);
        Ok(Self {
            kind,
            count: names.len(),
            fields,
            attributes,
        })
    }

    pub(super) fn kind(&self) -> RowKind {
        self.kind
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Reads a row; all that is wrong with it at once.
    pub(super) fn observed(&self, mapping: &CsvMapping, row: &[&str]) -> Result<Observed, Vec<Problem>> {
        let mut cells = Cells {
            columns: self,
            mapping,
            row,
            problems: Vec::new(),
        };
        let observed = match self.kind {
            RowKind::ConfigurationItems => Observed::Ci(Box::new(cells.ci())),
            RowKind::Relationships => Observed::Relationship(Box::new(cells.relationship())),
        };
        if cells.problems.is_empty() {
            Ok(observed)
        } else {
            Err(cells.problems)
        }
    }
}

/// Where the columns of a field stand.
fn places(mapping: &CsvMapping, field: Field, names: &[&str]) -> Vec<usize> {
    if let Some(columns) = mapping.fields.get(&field) {
        let place = |column: &String| names.iter().position(|name| name == column);
        return columns.iter().filter_map(place).collect();
    }
    let plain: Vec<String> = names
        .iter()
        .map(|name| name.to_lowercase().replace([' ', '-'], "_"))
        .collect();
    let place = |column: &&str| plain.iter().position(|name| name == column);
    columns_of(field).iter().filter_map(place).take(1).collect()
}

fn attributes(
    stated: &BTreeMap<String, String>,
    other: OtherColumns,
    names: &[&str],
    taken: &[usize],
) -> Vec<(usize, String)> {
    let attribute = |(place, name): (usize, &&str)| {
        let stated = stated.get(*name).cloned();
        let free = other == OtherColumns::Attributes && !taken.contains(&place) && !name.is_empty();
        stated
            .or_else(|| free.then(|| name.strip_prefix("attributes.").unwrap_or(name).to_owned()))
            .map(|attribute| (place, attribute))
    };
    names.iter().enumerate().filter_map(attribute).collect()
}

/// A row while it is read.
struct Cells<'a> {
    columns: &'a Columns,
    mapping: &'a CsvMapping,
    row: &'a [&'a str],
    problems: Vec<Problem>,
}

impl Cells<'_> {
    fn ci(&mut self) -> CiRecord {
        let ci_type = self.required(Field::Type);
        let stage = self.text(Field::Stage).map(|word| match self.mapping.stages.get(word) {
            Some(stage) => stage.clone(),
            None => word.to_lowercase().replace([' ', '-'], "_"),
        });
        let tags = self.text(Field::Tags).map(|tags| {
            let parts = tags.split(';').map(str::trim).filter(|tag| !tag.is_empty());
            parts.map(str::to_owned).collect()
        });
        CiRecord {
            aliases: Vec::new(),
            pins: Vec::new(),
            id: self.parsed(Field::Id),
            key: self.text(Field::Key).map(str::to_owned),
            ci_type: self.mapping.ci_types.get(&ci_type).cloned().unwrap_or(ci_type),
            name: self.text(Field::Name).map(str::to_owned),
            stage: stage.and_then(|stage| self.parse(Field::Stage, &stage)),
            attributes: self.attributes(),
            tags,
            host: None,
            related: Vec::new(),
            valid_from: self.moment(Field::ValidFrom),
            valid_to: self.moment(Field::ValidTo),
            observed_at: self.moment(Field::ObservedAt).flatten(),
        }
    }

    fn relationship(&mut self) -> RelationshipRecord {
        let word = self.required(Field::Type);
        let alias = self.mapping.relationship_types.get(&word);
        let (mut from, mut to) = (self.required(Field::From), self.required(Field::To));
        if alias.is_some_and(|alias| alias.reversed) {
            std::mem::swap(&mut from, &mut to);
        }
        RelationshipRecord {
            from,
            relationship_type: alias.map_or(word, |alias| alias.relationship_type.clone()),
            to,
            qualifier: self.text(Field::Qualifier).unwrap_or_default().to_owned(),
            forward: self.parsed(Field::Forward).map(Some),
            reverse: self.parsed(Field::Reverse).map(Some),
            weight: self.weight(),
            group: self.text(Field::Group).map(|group| Some(group.to_owned())),
            attributes: self.attributes(),
            valid_from: self.moment(Field::ValidFrom),
            valid_to: self.moment(Field::ValidTo),
            observed_at: self.moment(Field::ObservedAt).flatten(),
        }
    }

    /// The value of a field: of its first column that is not empty, else the constant.
    fn text(&self, field: Field) -> Option<&str> {
        let places = self.columns.fields.get(&field).map_or(&[][..], Vec::as_slice);
        let cell = |place: &usize| self.row.get(*place).copied().filter(|cell| !cell.is_empty());
        let constant = || self.mapping.constants.get(&field).map(String::as_str);
        places.iter().find_map(cell).or_else(constant)
    }

    fn required(&mut self, field: Field) -> String {
        if let Some(text) = self.text(field) {
            return text.to_owned();
        }
        let message = format!("the row states no `{}`", field.as_str());
        self.problems
            .push(Problem::new(ErrorCode::BadUserInput, message).of_field(field.as_str()));
        String::new()
    }

    /// An empty cell says nothing of its attribute.
    fn attributes(&self) -> Vec<(String, Input)> {
        let stated = |(place, name): &(usize, String)| {
            let cell = self.row.get(*place).copied().filter(|cell| !cell.is_empty())?;
            let value = self.mapping.values.get(name).and_then(|values| values.get(cell));
            Some((name.clone(), Input::from(value.map_or(cell, String::as_str))))
        };
        self.columns.attributes.iter().filter_map(stated).collect()
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, field: Field) -> Option<T> {
        let text = self.text(field)?.to_owned();
        self.parse(field, &text)
    }

    fn parse<T: FromStr<Err: std::fmt::Display>>(&mut self, field: Field, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, text, format!("{error:.300}"));
                None
            }
        }
    }

    fn weight(&mut self) -> Option<Weight> {
        let text = self.text(Field::Weight)?.to_owned();
        let weight = text.parse().ok().and_then(|number| Weight::new(number).ok());
        if weight.is_none() {
            let message = format!("a weight is a whole number from 1 to {}", Weight::MAX);
            self.refuse(Field::Weight, &text, message);
        }
        weight
    }

    #[expect(
        clippy::option_option,
        reason = "a record tells what is not stated from what is stated to be open"
    )]
    fn moment(&mut self, field: Field) -> Option<Option<Timestamp>> {
        let text = self.text(field)?.to_owned();
        let moment = text.parse().ok();
        if moment.is_none() {
            self.refuse(field, &text, "a moment is written as 2026-05-04T03:00:00Z".to_owned());
        }
        moment.map(Some)
    }

    fn refuse(&mut self, field: Field, text: &str, message: String) {
        let code = match field {
            Field::Weight => ErrorCode::InvalidWeight,
            Field::Forward | Field::Reverse => ErrorCode::InvalidStrength,
            Field::Id
            | Field::Key
            | Field::Type
            | Field::Name
            | Field::Stage
            | Field::Tags
            | Field::ValidFrom
            | Field::ValidTo
            | Field::ObservedAt
            | Field::From
            | Field::To
            | Field::Qualifier
            | Field::Group => ErrorCode::BadUserInput,
        };
        self.problems
            .push(Problem::new(code, message).of_field(field.as_str()).of_value(text));
    }
}
