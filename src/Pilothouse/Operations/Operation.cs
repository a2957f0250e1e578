using Pilothouse.Auth;
using Pilothouse.Contract;

namespace Pilothouse.Operations;

/// <summary>
/// Something that can be asked of the server, declared once. The HTTP routes, the OpenAPI document, batches and the other doors are made
/// from it, and <see cref="OperationRunner"/> carries it out for every door.
/// </summary>
/// <param name="name">Its name, in camel case, such as <c>createSignal</c>.</param>
/// <param name="route">Its method and path over HTTP, such as <c>GET /api/trades/{id}</c>.</param>
/// <param name="summary">What it does, in a few words.</param>
internal abstract class Operation(string name, string route, string summary)
{
    public string Name => name;

    /// <summary>GET, POST, PATCH or DELETE.</summary>
    public string Method { get; } = route.Split(' ')[0];

    public string Path { get; } = route.Split(' ')[1];

    public string Summary => summary;

    /// <summary>The scope that it needs. A read without one is open to all, unless REQUIRE_AUTH_FOR_READS demands the scope read.</summary>
    public Scopes Scope { get; init; }

    /// <summary>A further check of a caller who has the scope; it throws a refusal. Null for none.</summary>
    public Action<Caller>? AlsoDemands { get; init; }

    /// <summary>How often a caller without a credential may call it in a minute; null for the limits per hour and per day.</summary>
    public int? PerMinute { get; init; }

    /// <summary>Whether its answers may hold a secret. Such answers are neither kept for repetitions nor compressed.</summary>
    public bool HoldsSecret { get; init; }

    /// <summary>Whether bots ask it before each step, so that an answer without a fault is logged at DEBUG only.</summary>
    public bool IsPolled { get; init; }

    /// <summary>Whether 404 is one of its answers.</summary>
    public bool MayFindNothing { get; init; }

    /// <summary>Its query parameters.</summary>
    public QueryShape Query { get; init; } = QueryShape.None;

    /// <summary>The status and the type of each of its answers.</summary>
    public abstract IEnumerable<(int Status, Type Type)> Answers { get; }

    /// <summary>The statuses of its refusals, besides 500.</summary>
    public abstract IEnumerable<int> Refusals { get; }

    /// <summary>The name of <see cref="Call.Target"/> in its path: <c>id</c>, <c>name</c>, or null.</summary>
    public string? TargetName => Path.Contains("{id}", StringComparison.Ordinal) ? "id" : Path.Contains("{name}", StringComparison.Ordinal) ? "name" : null;

    /// <summary>Returns the path of a call, with its id or name filled in.</summary>
    public string PathOf(Call call) => TargetName is { } target ? Path.Replace($"{{{target}}}", call.Target, StringComparison.Ordinal) : Path;
}
