using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>Every tool of the server, and which of them a caller sees.</summary>
internal sealed class ToolBook
{
    private readonly Dictionary<string, BoundTool> byName;
    private readonly IList<ModelContextProtocol.Protocol.Tool>[] visible;

    public ToolBook(OperationList operations, OperationRunner runner, Settings settings, IOptions<JsonOptions> json)
    {
        var asks = settings.Consent.For.Length > 0;
        All = [.. Declared.Where(tool => (tool.Kind == ToolKind.Read || !settings.McpReadOnly) && (asks || !tool.IsForConsent))
            .Select(tool => new BoundTool(tool, operations, json.Value.SerializerOptions.GetTypeInfo, asks))];
        byName = All.ToDictionary(static tool => tool.Declared.Name);
        visible = [.. Enumerable.Range(0, (int)Scopes.All + 1).Select(scopes => VisibleWith(runner, (Scopes)scopes))];
    }

    /// <summary>Every tool that there is, in the order in which clients see them.</summary>
    public static IReadOnlyList<Tool> Declared { get; } = [.. ReadTools.All, .. WriteTools.All, .. ControlTools.All];

    /// <summary>The tools of a server whose settings take none away and add none.</summary>
    public static IReadOnlyList<Tool> Standard { get; } = [.. Declared.Where(static tool => !tool.IsForConsent)];

    /// <summary>The tools of this server.</summary>
    public IReadOnlyList<BoundTool> All { get; }

    /// <summary>The tool with this name; null if there is none.</summary>
    public BoundTool? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The tools that the caller may call. None of the scopes includes another one.</summary>
    public IList<ModelContextProtocol.Protocol.Tool> VisibleTo(Caller caller) => visible[(int)caller.Scopes];

    private ModelContextProtocol.Protocol.Tool[] VisibleWith(OperationRunner runner, Scopes scopes) =>
        [.. All.Where(tool => scopes.HasFlag(runner.ScopeOf(tool.Main))).Select(static tool => tool.Protocol)];
}
