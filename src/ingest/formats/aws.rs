//! Answers of the AWS API, as `aws ... describe-*` prints them.
//!
//! Answers name what other answers list. What is only named is recorded by its id alone, and its own
//! answer completes it; so the order in which answers are loaded does not matter.

mod compute;
mod network;
mod recorder;

use serde_json::Value;

use crate::app::ErrorCode;
use crate::ingest::observation::Problem;

use super::document::{Adapter, Content, Findings};
use super::inventory::{Notes, list_of};
use recorder::Recorder;

/// The format's entry in the table.
pub(super) const ADAPTER: Adapter = Adapter {
    name: "aws",
    label: "answers of the AWS API: aws ... describe-*",
    recognises,
    read,
};

type Tell = fn(&Value, &mut Recorder<'_, '_>);

/// The lists of answers, the field that every row of them has, and who reads a row.
const LISTS: [(&str, &str, Tell); 13] = [
    ("Reservations", "Instances", compute::reservation),
    ("Volumes", "VolumeId", compute::volume),
    ("AutoScalingGroups", "AutoScalingGroupName", compute::auto_scaling_group),
    ("DBInstances", "DBInstanceIdentifier", compute::db_instance),
    ("Stacks", "StackId", compute::stack),
    ("Vpcs", "VpcId", network::vpc),
    ("Subnets", "SubnetId", network::subnet),
    ("SecurityGroups", "GroupId", network::security_group),
    ("NetworkInterfaces", "NetworkInterfaceId", network::network_interface),
    ("RouteTables", "RouteTableId", network::route_table),
    (
        "LoadBalancerDescriptions",
        "LoadBalancerName",
        network::classic_load_balancer,
    ),
    ("LoadBalancers", "LoadBalancerArn", network::load_balancer),
    ("TargetGroups", "TargetGroupArn", network::target_group),
];

fn recognises(content: &Content) -> bool {
    let known = |value: &Value| {
        LISTS.iter().any(|(list, field, _)| {
            let rows = value.get(list).and_then(Value::as_array);
            rows.is_some_and(|rows| !rows.is_empty() && rows.iter().all(|row| row.get(field).is_some()))
        })
    };
    !content.values().is_empty() && content.values().iter().all(known)
}

fn read(content: &Content, findings: &mut Findings<'_>) -> Result<(), Problem> {
    let mut notes = Notes::default();
    let mut recorder = Recorder::new(findings, &mut notes);
    for value in content.require_values()? {
        let mut known = false;
        for (list, field, tell) in LISTS {
            let Some(rows) = value.get(list).filter(|rows| rows.is_array()) else {
                continue;
            };
            known = true;
            for row in list_of(Some(rows)) {
                if row.get(field).is_some() {
                    tell(row, &mut recorder);
                } else {
                    recorder.unreadable(list, field, row);
                }
            }
        }
        if !known {
            let lists: Vec<&str> = LISTS.iter().map(|(list, _, _)| *list).collect();
            let message = format!(
                "the document is no answer that is known: expected is one of {}",
                lists.join(", ")
            );
            return Err(Problem::new(ErrorCode::BadUserInput, message));
        }
    }
    recorder.finish();
    notes.tell(findings);
    Ok(())
}

#[cfg(test)]
mod tests;
