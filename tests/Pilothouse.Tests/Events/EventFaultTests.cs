using System.Globalization;
using System.Net.Http.Headers;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Events;

/// <summary>What a listener gets when the server is killed between a commit and its event.</summary>
public sealed class EventFaultTests
{
    private const string Signal = """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":5,"price":1.5}""";

    [Fact]
    public async Task A_listener_of_a_server_that_is_killed_again_and_again_gets_each_stored_signal_once_and_in_order()
    {
        using var folder = new TemporaryFolder();
        var got = new List<ReceivedEvent>();
        var acknowledged = new List<long>();
        var key = "";
        for (var round = 0; round < 4; round++)
        {
            await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
            key = key.Length > 0 ? key : (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot"])).Out.Trim();
            server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            var last = got.Count > 0 ? got[^1].Id.ToString(CultureInfo.InvariantCulture) : "0";
            await using var stream = await LiveStream.OpenAsync(server.Client, "?types=signal.*&after=" + last);
            var writing = Task.Run(async () =>
            {
                while (true)
                {
                    var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal);
                    Assert.Equal(201, status);
                    acknowledged.Add((long)body["signal_id"]!);
                }
            });
            for (var end = got.Count + 150; got.Count < end;)
            {
                got.Add((await stream.NextAsync())!);
            }

            await server.KillAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => writing);
        }

        await using var restarted = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        await using var rest = await LiveStream.OpenAsync(restarted.Client, "", ("Last-Event-ID", got[^1].Id.ToString(CultureInfo.InvariantCulture)));
        restarted.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var (_, final) = await restarted.Client.SendAsync("POST", "/api/signals", Signal);
        while ((long)got[^1].Data["id"]! < (long)final["signal_id"]!)
        {
            got.Add((await rest.NextAsync())!);
        }

        var ids = got.Select(static one => (long)one.Data["id"]!).ToList();
        Assert.Equal(Enumerable.Range(1, ids.Count).Select(static id => (long)id), ids);
        Assert.Empty(acknowledged.Except(ids));
    }
}
