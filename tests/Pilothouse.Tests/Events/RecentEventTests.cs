using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Events;

/// <summary>What happened lately, asked instead of listened to.</summary>
public sealed class RecentEventTests
{
    [Fact]
    public async Task Events_come_newest_first_and_go_on_by_their_cursor()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 1; i <= 5; i++)
        {
            await server.PostAsync("/api/signals", $$"""{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":{{i}},"price":3.4}""");
        }

        var first = await server.GetAsync("/api/events/recent?limit=3&types=signal.*");
        Assert.Equal([5, 4, 3], first["data"]!.AsArray().Select(static one => (int)one!["data"]!["signal_strength"]!));
        Assert.All(first["data"]!.AsArray(), static one => Assert.Equal("signal.recorded", (string)one!["event"]!));
        var second = await server.GetAsync($"/api/events/recent?limit=3&types=signal.*&cursor={first["next_cursor"]}");
        Assert.Equal([2, 1], second["data"]!.AsArray().Select(static one => (int)one!["data"]!["signal_strength"]!));
        Assert.Null(second["next_cursor"]);
        Assert.Equal("invalid-cursor", (string)(await server.GetAsync("/api/events/recent?cursor=abc", 400))["code"]!);
        Assert.Equal("invalid-input", (string)(await server.GetAsync("/api/events/recent?types=moon", 400))["code"]!);
    }

    [Fact]
    public async Task Events_are_filtered_by_pair_and_bot_also_behind_thousands_of_others()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":1,"price":3.4,"bot_name":"alpha"}""");
        var items = string.Join(',', Enumerable.Repeat("""{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":2,"price":3.4,"bot_name":"beta"}""", 4000));
        await server.PostAsync("/api/signals/batch", $$"""{"items":[{{items}}]}""");
        await server.PostAsync("/api/signals/batch", $$"""{"items":[{{items}}]}""");

        var (path, found) = ("/api/events/recent?trading_pair=btc/usdt&bot_name=alpha", 0);
        for (var cursor = ""; cursor is not null;)
        {
            var page = await server.GetAsync(path + (cursor.Length > 0 ? $"&cursor={cursor}" : ""));
            found += (int)page["count"]!;
            cursor = (string?)page["next_cursor"];
        }

        Assert.Equal(1, found);
    }
}
