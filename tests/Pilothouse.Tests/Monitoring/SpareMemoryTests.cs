using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Monitoring;

/// <summary>The memory that a burst of large requests took goes back to the system when it is over.</summary>
public sealed class SpareMemoryTests
{
    private const string Signal = """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":8,"price":3.4125,"rsi":55.25,"strategy":"burst"}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_batches_took_is_given_back_when_they_are_over()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots"])).Out.Trim();
        var batch = $$"""{"items":[{{string.Join(',', Enumerable.Repeat(Signal, 1000))}}]}""";
        var before = 0L;
        for (var bursts = 1; ; bursts++)
        {
            await Parallel.ForAsync(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, _) =>
                Assert.Equal(201, (await server.Client.SendAsync("POST", "/api/signals/batch", batch, ("X-Api-Key", key))).Status));

            // Nothing but this collection has a reason to run: reading the metrics allocates little. Where the machine stood still in the middle of
            // the burst, it has run then; the next burst shows it.
            before = await CollectionsAsync(server, key);
            if (await IsCollectedAsync(server, key, before))
            {
                break;
            }

            Assert.True(bursts < 3, "Nothing was collected.");
        }

        // Once is enough: the collector may have run by itself before, but then nothing is collected any more.
        for (var began = TimeProvider.System.GetTimestamp(); before != await CollectionsAsync(server, key);)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "A quiet server collects again and again.");
            before = await CollectionsAsync(server, key);
            await Task.Delay(5000, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> IsCollectedAsync(ServerProcess server, string key, long before)
    {
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20); await Task.Delay(1000, TestContext.Current.CancellationToken))
        {
            if (await CollectionsAsync(server, key) > before)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How often everything was collected.</summary>
    private static async Task<long> CollectionsAsync(ServerProcess server, string key)
    {
        using var answer = await server.Client.RawAsync("GET", "/metrics", null, ("X-Api-Key", key));
        var text = await answer.Content.ReadAsStringAsync();
        return long.Parse(Regex.Match(text, @"(?m)^dotnet_gc_collections_total\{gc_heap_generation=""gen2""\} (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
