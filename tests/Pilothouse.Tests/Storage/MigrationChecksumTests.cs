using System.Security.Cryptography;
using System.Text;
using Pilothouse.Storage.Migrations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>
/// A migration that has run somewhere never changes: files that had it and files that get it would be two different databases. Who needs another
/// schema writes a new migration, and its line here.
/// </summary>
public sealed class MigrationChecksumTests
{
    /// <summary>SHA-256 of each script as it was released.</summary>
    private static readonly Dictionary<string, string> Released = new()
    {
        ["pilothouse_0001_seed_tables"] = "2e53e0318f365644a33b4acbf2be9a3620698325f3760f1952059107d67ec3c1",
        ["pilothouse_0003_indexes"] = "75ccd70ff9a54fb1cbe80bd6f9016224601a5d4579df85de1f5968525c1cee50",
        ["pilothouse_0004_credentials"] = "b65e669cef1b8b1036388283f5dec452d9c94479f0fc01c007a8ce6c88c68197",
        ["pilothouse_0005_trade_changes"] = "3cb0b3334b3fc7d92d3b271f95230a38456389c1c96e62d16f31afb70d7e9e03",
        ["pilothouse_0006_replaced_external_ids"] = "c980d37462964ed18148c29e7c3619d905c21089a498401072924a6316553bb7",
        ["pilothouse_0007_retention"] = "a8d5d79acdfc851b8773fcd1decf71e9329b901e5f8d402e526afbfa0f84e462",
        ["pilothouse_0009_filter_indexes"] = "409629a609a59cb69d2a1aecbb0e192690d843aba85a89c20d1de1bcaa6d4499",
        ["pilothouse_0010_replaced_by_update"] = "16292664656922850180f6afbb08f06364c6d98cea521857399b8422846bb919",
        ["pilothouse_0011_changes"] = "b3a70d107a5157814f917c6054ea78c9c8de470f53bc44e3f6929f3d9056e724",
        ["pilothouse_0012_audit_log"] = "0ca8bba002529c60e4da8362bdc3ac540c5d57af305cabd8613dac4ce2d0bd4c",
        ["pilothouse_0013_voided_trades"] = "58aaa89b55e6ba0a0e139d534ef82def386a928130b64320c6a130fd1744cfea",
        ["pilothouse_0014_words"] = "3e6322a591abaec704b4b4f6ca2789ce8340389d4634c0986f2a02e3e8f139c7",
        ["pilothouse_0015_groups_of_filters"] = "c03abb699df0c6a5cdd310709256ef81ffe74ff919fc01efcc32fda7a40c85c9",
        ["pilothouse_0016_foreign_times"] = "57d050db03767451e97b6c986c04464827f612e29298f39dc8aa1da55b2c8f44",
        ["pilothouse_0017_audit_indexes"] = "f1dd4cbe976915ee6a998b8efec232c8918d4fc6d286400d6b3ff196ef113f56",
        ["pilothouse_0018_audit_time_index"] = "76c4af0158b1a2904da4caa1c0e530f51fc4339d5f06a134c5432c00bf0dc294",
        ["pilothouse_0019_notices"] = "a3337b1d3d3a957e844f067ffe38109d24f100788b040f23f01c0114ca6ef7f7",
        ["pilothouse_0020_fills"] = "80f2d41de6b86596086ed74c867d3503d74877f4797ee6a7cca9d6b560962cc7",
        ["pilothouse_0021_candles"] = "2d801697bd6a071d61befe9ed84b4775a975706bdb13c7923ae5aeebaa023fc9",
        ["pilothouse_0022_bot_controls"] = "8d511382a4b6621729ebba0e8a40d283897ecb6cf7889b9f7d7b462476068f00",
        ["pilothouse_0023_cash_flows"] = "183fa080e6be18b017ca61323ba6b96261c8a92c62e60dcf9128b190e823f229",
        ["pilothouse_0024_circuit_breaker"] = "c48f8e4631b1c9ecd8f313faed13802eda83c9daf1c05b566ab2143a063a894d",
        ["pilothouse_0025_decisions"] = "ddf63a1db6220b87edc26e1446c4e5f9129b6643b2f187f47561f1eef5ada5ac",
        ["pilothouse_0026_news_spikes_correlation"] = "0a93a6462ab2bafea8d782a4c11899df90ebc442c2b007a5baa8ee3bbb54baa4",
        ["pilothouse_0029_imported_rows"] = "bf6a17b8904e29ade775416254592648871da251dff01c6afbe3d79b56a3e678",
        ["pilothouse_0028_costs"] = "500997eee2517f66fe3cb8bd39ad084b62cc458bcc0800e8d011bf318dbbef6c",
        ["pilothouse_0030_models"] = "1e2a73eb6cd22e20df78ebb5f87e9725b2d17e640691a170d003a1dbcf827dd4",
        ["pilothouse_0031_moved_rows"] = "18251837308911a55f4bc627949f7e370bc06ef2a41f7755d01b4fb724b435c7",
        ["pilothouse_0032_alerts"] = "23214c66eb6e3e3f12a34a5d550a56bb57e1f5842938923fcde9b9a55731c27d",
        ["pilothouse_0033_webhooks"] = "dff6dcea1ee08e73f391c2454c3a1631e3ea09d320079dc7b7c7cb34f79fc6ad",
        ["pilothouse_0034_consent_requests"] = "6c2beac8ecb07bada76330ebe736dad0e8d7f1f3317039c7f118d430bca30df3",
        ["pilothouse_0035_breaker_refusals"] = "c2adf3ea8234c6e380b0438cd567e95a8d03f449b2e5a22b85217e226f52dd86",
    };

    private const string AddedColumns = "638aaccc52f44ef614d25e08b411f1e254735bb1aa2bd97488e5fdb58b008430";

    [Fact]
    public void Every_migration_is_as_it_was_released()
    {
        var scripts = Migrator.Known.Where(static name => name != "pilothouse_0002_added_columns").ToDictionary(static name => name, static name => Sum(Migrator.Read(name + ".sql")));
        Faults.None(scripts.Where(static script => Released.GetValueOrDefault(script.Key) != script.Value).Select(static script => Released.ContainsKey(script.Key)
            ? $"{script.Key} has changed. Where it was released, take the change back and write another migration; where it never ran outside of here, its sum is {script.Value}."
            : $"""{script.Key} is new: add ["{script.Key}"] = "{script.Value}" to this test."""));
        Faults.None(Released.Keys.Except(scripts.Keys).Select(static name => $"{name} was released and is gone: bring it back."));
    }

    [Fact]
    public void The_columns_that_the_second_one_adds_are_those_of_the_release() =>
        Assert.Equal(AddedColumns, Sum(string.Join('\n', SeedSchema.Added.Select(static added => $"{added.Table} {added.Column} {added.Type}"))));

    private static string Sum(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
