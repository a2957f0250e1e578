using Pilothouse.Monitoring;

namespace Pilothouse.Http;

/// <summary>
/// What the log says of a call of a tool. The protocol answers with the status 200 also where the call is refused. It is kept with the request.
/// </summary>
/// <param name="Tool">The name of one of our tools, never what a client made up.</param>
internal sealed class ToolCallNote(string tool)
{
    /// <summary>The route in the log line, such as <c>/mcp/list_signals</c>.</summary>
    public string Route { get; } = $"{Routes.Mcp}/{tool}";

    /// <summary>Why the call was refused; null if it was carried out.</summary>
    public RequestFailure? Failure { get; set; }

    /// <summary>Whether the answer goes on for as long as the client listens, which is no latency.</summary>
    public bool IsStream { get; init; }

    public static ToolCallNote? Of(HttpContext http) => http.Features.Get<ToolCallNote>();
}
