//! How a statement is written.

use super::*;

#[test]
fn a_statement_has_actions_resources_and_a_condition() {
    let scope = Scope::new("eu-west-1", "123456789012");
    let parameters = vec![scope.parameter("/prd/*")];
    let statement = Statement::allow(&["kms:Decrypt"], vec![scope.key("*")]);
    assert_eq!(
        statement.summary(),
        "allow kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/*"
    );
    let only = KeyUse::of_parameters(&scope, parameters).with_aliases(vec!["alias/a".into()]);
    assert_eq!(
        statement.named("Decrypt").only_for(only).to_string(),
        r#"{"Sid":"Decrypt","Effect":"Allow","Action":["kms:Decrypt"],"#.to_owned()
            + r#""Resource":["arn:aws:kms:eu-west-1:123456789012:key/*"],"#
            + r#""Condition":{"StringLike":{"kms:ViaService":["ssm.eu-west-1.amazonaws.com"],"#
            + r#""kms:EncryptionContext:PARAMETER_ARN":"#
            + r#"["arn:aws:ssm:eu-west-1:123456789012:parameter/prd/*"]},"#
            + r#""ForAnyValue:StringLike":{"kms:ResourceAliases":["alias/a"]}}}"#
    );
}
