using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>A seed's bot (tests/tools/seed-bot.py) that writes the file beside a server.</summary>
internal sealed class PythonBot : IDisposable
{
    private readonly Process process;
    private readonly string journal;
    private readonly string name;
    private readonly Task<string> errors;

    private PythonBot(Process process, string name, string journal)
    {
        this.process = process;
        this.name = name;
        this.journal = journal;
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>How many rows it has committed itself, or had acknowledged.</summary>
    public int Rows => File.Exists(journal) ? File.ReadLines(journal).Count() : 0;

    /// <param name="folder">Where its journal goes.</param>
    /// <param name="database">The file that it writes.</param>
    /// <param name="name">Its name, which its rows have.</param>
    /// <param name="server">Address and key, where it also compares what the server and the file say.</param>
    public static PythonBot Start(TemporaryFolder folder, string database, string name, (string Url, string Key)? server)
    {
        var journal = folder.File(name + ".jsonl");
        string[] door = server is { } given ? [given.Url, given.Key] : [];
        return new(Tool.Start("python3", [Repository.PathOf("tests", "tools", "seed-bot.py"), database, name, journal, .. door]), name, journal);
    }

    /// <summary>It goes on: nothing that it wrote was refused, and nothing that it read was old.</summary>
    public async Task DemandGoesOnAsync(string after)
    {
        var before = Rows;
        for (var watch = Stopwatch.StartNew(); Rows <= before; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            if (process.HasExited)
            {
                Assert.Fail($"After {after} the bot {name} ended: {await errors}");
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"After {after} the bot {name} writes no more.");
        }
    }

    /// <summary>Lets it finish what it does.</summary>
    /// <returns>What it committed, or had acknowledged: as SQL that is 1 where the row is there as it was written.</returns>
    public async Task<List<string>> StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"The bot {name}: {await errors}");
        return [.. File.ReadLines(journal).Select(static line => JsonNode.Parse(line)!).Select(static row =>
            $"EXISTS (SELECT 1 FROM {row["table"]} WHERE id = {row["id"]} AND ({string.Join(',', row["columns"]!.AsArray())}) = ({string.Join(',', row["values"]!.AsArray().Select(Quote))}))")];
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static string Quote(JsonNode? value) => value!.GetValueKind() == System.Text.Json.JsonValueKind.String ? $"'{value}'" : value.ToJsonString();
}
