"""The object stores: who reads them, where copies are, what encrypts them, and how long things stay."""

import pytest

from tests.unit.clusters.aks.programs import STORE, made, named


class TestStores:
    """Prevents a store that is open, that has keys to leak, or that copies itself abroad without being told."""

    @pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
    def test_nobody_gets_in_without_an_identity_and_a_private_way(self, preview: bool) -> None:
        account = made(preview=preview).one(":StorageAccount").inputs
        assert (account["allowBlobPublicAccess"], account["allowSharedKeyAccess"]) == (False, False)
        assert (account["isLocalUserEnabled"], account["isSftpEnabled"]) == (False, False)
        assert (account["publicNetworkAccess"], account["networkRuleSet"]) == (
            "Disabled", {"defaultAction": "Deny", "bypass": "None"},
        )  # fmt: skip
        assert (account["minimumTlsVersion"], account["enableHttpsTrafficOnly"]) == ("TLS1_2", True)
        assert account["allowCrossTenantReplication"] is False

    @pytest.mark.parametrize(
        ("redundancy", "sku"),
        [("local", "Standard_LRS"), ("zone", "Standard_ZRS"), ("geo", "Standard_GRS"), ("geo-zone", "Standard_GZRS")],
    )
    def test_copies_are_where_they_were_said_to_be(self, redundancy: str, sku: str) -> None:
        ran = made(stores={"backups": STORE | {"redundancy": redundancy}})
        assert ran.one(":StorageAccount").inputs["sku"] == {"name": sku}

    def test_copies_stay_in_the_place_by_default(self) -> None:
        assert made().one(":StorageAccount").inputs["sku"] == {"name": "Standard_ZRS"}

    def test_everything_in_it_is_encrypted_with_the_vaults_key(self) -> None:
        encryption = made().one(":StorageAccount").inputs["encryption"]
        assert encryption["keySource"] == "Microsoft.Keyvault"
        assert encryption["keyVaultProperties"] == {
            "keyName": "stores",
            "keyVaultUri": "https://demo-here-keys.vault.azure.net",
        }
        assert encryption["requireInfrastructureEncryption"] is True
        assert {name: service["keyType"] for name, service in encryption["services"].items()} == dict.fromkeys(
            ("blob", "file", "queue", "table"), "Account"
        )

    def test_the_account_comes_after_the_role_that_opens_its_key(self) -> None:
        ran = made()
        assert named(ran, "it-stores-key-encryption-user").urn in ran.one(":StorageAccount").depends_on

    def test_versions_and_what_was_deleted_stay(self) -> None:
        kept = made(stores={"backups": STORE | {"keep_deleted_days": 7}}).one(":BlobServiceProperties").inputs
        assert kept["isVersioningEnabled"] is True
        assert kept["deleteRetentionPolicy"] == kept["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 7}

    def test_nothing_changes_for_as_long_as_was_said(self) -> None:
        account = made(stores={"backups": STORE | {"immutable_days": 35}}).one(":StorageAccount").inputs
        policy = account["immutableStorageWithVersioning"]["immutabilityPolicy"]
        assert (policy["immutabilityPeriodSinceCreationInDays"], policy["allowProtectedAppendWrites"]) == (35, False)
        assert "immutableStorageWithVersioning" not in made().one(":StorageAccount").inputs

    def test_its_pods_may_use_its_container_and_no_other(self) -> None:
        ran = made(stores={"a": STORE, "b": STORE | {"account": "demomodels", "container": "models"}})
        roles = {role.inputs["principalId"]: role for role in ran.of_type(":RoleAssignment") if "blob-data" in role.name}
        assert roles["principal-it-store-a"].inputs["scope"].endswith("/postgres")
        assert roles["principal-it-store-b"].inputs["scope"].endswith("/models")

    def test_service_accounts_are_its_identity_one_after_the_other(self) -> None:
        first, second = made().of_type(":FederatedIdentityCredential")
        assert {c.inputs["subject"] for c in (first, second)} == {
            "system:serviceaccount:data:billing",
            "system:serviceaccount:data:crm",
        }
        assert {tuple(c.inputs["audiences"]) for c in (first, second)} == {("api://AzureADTokenExchange",)}
        assert first.urn in second.depends_on

    def test_without_stores_there_is_neither_account_nor_key_nor_zone_of_them(self) -> None:
        ran = made(stores={})
        assert not ran.of_type(":StorageAccount")
        assert {key.inputs["keyName"] for key in ran.of_type(":Key")} == {"etcd", "disks"}
        assert not [zone for zone in ran.of_type(":PrivateZone") if "blob" in zone.name]
        assert ran.outputs["object_stores"] == {}


class TestLogs:
    """Prevents changes that nobody can trace, and logs that leave the place."""

    def test_control_plane_vault_and_stores_are_logged_in_place(self) -> None:
        ran = made(logs={"retention_days": 365})
        workspace = ran.one(":Workspace").inputs
        assert (workspace["retentionInDays"], workspace["location"]) == (365, "swedencentral")
        assert (workspace["publicNetworkAccessForIngestion"], workspace["publicNetworkAccessForQuery"]) == (
            "Disabled", "Disabled",
        )  # fmt: skip
        settings = {setting.name: setting.inputs for setting in ran.of_type(":DiagnosticSetting")}
        assert set(settings) == {"it-cluster-logs", "it-vault-logs", "it-store-backups-logs"}
        assert {setting["workspaceId"].rpartition("/")[2] for setting in settings.values()} == {"it-logs"}

    @pytest.mark.parametrize(("every_read", "audit"), [(False, "kube-audit-admin"), (True, "kube-audit")])
    def test_the_audit_holds_what_was_asked_for(self, every_read: bool, audit: str) -> None:
        logs = named(made(logs={"every_read": every_read}), "it-cluster-logs").inputs["logs"]
        assert [log["category"] for log in logs if "audit" in log["category"]] == [audit]
        assert {"kube-apiserver", "guard"} < {log["category"] for log in logs}

    def test_a_given_workspace_is_used_and_none_is_made(self) -> None:
        place = "providers/Microsoft.OperationalInsights/workspaces/central"
        given = f"/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/logs/{place}"
        ran = made(logs={"workspace": given})
        assert not ran.of_type(":Workspace")
        assert {setting.inputs["workspaceId"] for setting in ran.of_type(":DiagnosticSetting")} == {given}
