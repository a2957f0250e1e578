using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Deployment;

/// <summary>What can be checked of the container files without a container engine.</summary>
public sealed partial class ContainerTests
{
    [Fact]
    public async Task Compose_names_files_and_settings_that_exist_and_opens_no_port_to_others()
    {
        var compose = await YamlAsync("deploy", "compose.yml");
        var services = compose["services"]!.AsObject();
        Assert.Equal(["pilothouse", "prometheus", "grafana"], services.Select(static service => service.Key));
        var known = Settings.Read(new Dictionary<string, string>()).Facts.Select(static fact => fact.Name).Append("TZ");
        Assert.Empty(services["pilothouse"]!["environment"]!.AsObject().Select(static variable => variable.Key).Except(known));
        foreach (var (name, service) in services)
        {
            Assert.All(service!["ports"]!.AsArray(), static port => Assert.StartsWith("127.0.0.1:", (string?)port, StringComparison.Ordinal));
            foreach (var source in service["volumes"]!.AsArray().Select(static volume => ((string)volume!).Split(':')[0]))
            {
                var isFile = source.StartsWith("./", StringComparison.Ordinal);
                Assert.True(isFile ? source == "./secrets" || Path.Exists(Repository.PathOf("deploy", source[2..])) : compose["volumes"]!.AsObject().ContainsKey(source), $"{name} mounts {source}, which is not there.");
            }
        }
    }

    [Fact]
    public async Task Grafana_is_told_where_Prometheus_and_the_dashboard_are()
    {
        var source = (await YamlAsync("deploy", "grafana", "provisioning", "datasources", "prometheus.yml"))["datasources"]![0]!;
        Assert.Equal("http://prometheus:9090", (string?)source["url"]);
        var provider = (await YamlAsync("deploy", "grafana", "provisioning", "dashboards", "pilothouse.yml"))["providers"]![0]!;
        var mounted = (await YamlAsync("deploy", "compose.yml"))["services"]!["grafana"]!["volumes"]!.AsArray().Select(static volume => (string)volume!);
        Assert.Contains(mounted, volume => volume.Split(':')[1].StartsWith((string)provider["options"]!["path"]! + "/", StringComparison.Ordinal));
    }

    [Fact]
    public void The_image_is_built_from_files_that_are_there_and_sent_to_the_engine()
    {
        var text = File.ReadAllText(Repository.PathOf("deploy", "Dockerfile"));
        var sent = File.ReadLines(Repository.PathOf(".dockerignore")).Where(static line => line.StartsWith('!')).Select(static line => line[1..]).ToList();
        var copied = CopyLine().Matches(text).SelectMany(static line => line.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1]).Select(static path => path.TrimEnd('/')).ToList();
        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(Path.Exists(Repository.PathOf(path)) && sent.Any(entry => path == entry || path.StartsWith(entry + "/", StringComparison.Ordinal)), path));
        var elsewhere = OutsideFile().Matches(File.ReadAllText(Repository.PathOf("src", "Pilothouse", "Pilothouse.csproj"))).Select(static match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(elsewhere);
        Assert.All(elsewhere, file => Assert.True(copied.Exists(path => file == path || file.StartsWith(path + "/", StringComparison.Ordinal)), $"The project needs {file}, which is not copied."));
        Assert.Contains("USER 1654", text, StringComparison.Ordinal);
        Assert.All(SettingLine().Matches(text), static match => Assert.Contains(match.Groups[1].Value, Settings.Read(new Dictionary<string, string>()).Facts.Select(static fact => fact.Name)));
    }

    private static async Task<JsonNode> YamlAsync(params string[] path)
    {
        var (code, output, error) = await Tool.RunAsync("python3", ["-c", "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))", Repository.PathOf(path)]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }

    [GeneratedRegex(@"^COPY (?!--from)(.+)$", RegexOptions.Multiline)]
    private static partial Regex CopyLine();

    [GeneratedRegex(@"\.\./\.\./([\w./-]+)")]
    private static partial Regex OutsideFile();

    [GeneratedRegex(@"^ +([A-Z_]+_[A-Z_]+)=", RegexOptions.Multiline)]
    private static partial Regex SettingLine();
}
