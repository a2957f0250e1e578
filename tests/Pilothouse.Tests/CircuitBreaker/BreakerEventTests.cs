using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>The rows of circuit_breaker_events, which no client posts, come back column by column under their own names.</summary>
public sealed class BreakerEventTests
{
    /// <summary>A value of its own for each column, as it is stored and as it is answered.</summary>
    private static readonly (string Column, string Stored, string Answered)[] Values =
    [
        ("triggered_at", "'2026-03-01 10:00:00'", "\"2026-03-01T10:00:00+00:00\""),
        ("cleared_at", "'2026-03-01 11:00:00'", "\"2026-03-01T11:00:00+00:00\""),
        ("trigger_reason", "'a reason'", "\"a reason\""),
        ("trigger_type", "'ETH_dump'", "\"eth_dump\""),
        ("status", "'Cleared'", "\"cleared\""),
        ("btc_price_at_trigger", "101.5", "101.5"),
        ("eth_price_at_trigger", "102.5", "102.5"),
        ("btc_drop_percent", "3.5", "3.5"),
        ("eth_drop_percent", "4.5", "4.5"),
        ("market_cap_drop_percent", "5.5", "5.5"),
        ("liquidations_1h", "106.5", "106.5"),
        ("fear_greed_index", "7", "7"),
        ("trigger_details", "'{\"a\":8}'", "{\"a\":8}"),
        ("market_snapshot", "'{\"a\":9}'", "{\"a\":9}"),
        ("downtime_seconds", "10", "10"),
        ("capital_saved", "111.5", "111.5"),
        ("orders_cancelled", "12", "12"),
        ("positions_affected", "13", "13"),
        ("recovery_time_seconds", "14", "14"),
        ("recovery_conditions_met", "'{\"a\":15}'", "{\"a\":15}"),
        ("user_notified", "1", "1"),
        ("notes", "'a note'", "\"a note\""),
        ("triggered_by", "'key:1'", "\"key:1\""),
        ("cleared_by", "'key:2'", "\"key:2\""),
        ("bot_name", "'alpha'", "\"alpha\""),
        ("mode", "'paper'", "\"paper\""),
        ("dry_run", "0", "0"),
    ];

    [Fact]
    public async Task Every_column_comes_back_under_its_own_name()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"INSERT INTO circuit_breaker_events({string.Join(", ", Values.Select(static value => value.Column))}) VALUES ({string.Join(", ", Values.Select(static value => value.Stored))})");
        var shown = (await server.EventsAsync()).Single().AsObject();
        Assert.Equal(["id", .. Values.Select(static value => value.Column)], shown.Select(static field => field.Key));
        Faults.None(Values.Where(value => Compact(shown[value.Column]) != value.Answered)
            .Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Column} is {Compact(shown[value.Column])} and not {value.Answered}")));

        static string Compact(JsonNode? node) => node?.ToJsonString().Replace("\\u002B", "+", StringComparison.Ordinal) ?? "null";
    }

    [Fact]
    public async Task What_another_program_stored_and_we_would_not_accept_is_null()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO circuit_breaker_events(triggered_at, trigger_reason, trigger_type, status) VALUES ('2026-03-01 10:00:00', 'x', 'moon', 'odd')");
        var shown = (await server.EventsAsync()).Single();
        Assert.Equal((null, null, "x"), ((string?)shown["trigger_type"], (string?)shown["status"], (string?)shown["trigger_reason"]));
    }
}
