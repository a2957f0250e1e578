using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>The live stream of two servers on one PostgreSQL: what one stores, both send, in the order of the commits.</summary>
public sealed class EventsAcrossServersTests
{
    [Fact]
    public async Task Both_servers_send_everything_in_the_same_order_and_a_listener_may_go_on_at_the_other()
    {
        const int Each = 200;
        await using var two = await TwoServers.StartAsync();
        await using var one = await LiveStream.OpenAsync(two.One.Anonymous);
        await using var other = await LiveStream.OpenAsync(two.Two.Anonymous);
        await Task.WhenAll(new[] { two.One, two.Two, two.One, two.Two }.Select(async (server, writer) =>
        {
            for (var i = 0; i < Each; i++)
            {
                await server.PostAsync("/api/signals", string.Create(CultureInfo.InvariantCulture,
                    $$"""{"trading_pair":"P{{writer}}/USDT","signal_type":"BUY","signal_strength":1,"price":{{i + 1}}}"""));
            }
        }));

        var atOne = await one.NextAsync(4 * Each);
        var atOther = await other.NextAsync(4 * Each);
        Assert.Equal(atOne.Select(static e => (e.Id, e.Data.ToJsonString())), atOther.Select(static e => (e.Id, e.Data.ToJsonString())));
        Assert.Equal(atOne.Select(static e => e.Id).Order(), atOne.Select(static e => e.Id));
        foreach (var writer in atOne.GroupBy(static e => (string?)e.Data["trading_pair"]))
        {
            Assert.Equal(Enumerable.Range(1, Each), writer.Select(static e => (int)e.Data["price"]!));
        }

        await using var resumed = await LiveStream.OpenAsync(two.Two.Anonymous, "", ("Last-Event-ID", atOne[99].Id.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(atOne.Skip(100).Select(static e => e.Id), (await resumed.NextAsync((4 * Each) - 100)).Select(static e => e.Id));
    }
}
