using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Http;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>What one request of the protocol asks of the server. The SDK makes a session of its own for each, as no state is kept between two.</summary>
/// <param name="door">The parts of the door.</param>
/// <param name="http">The request.</param>
internal sealed class McpRequest(McpDoor door, HttpContext http)
{
    private readonly Caller caller = Caller.Of(http);

    /// <summary>The answer of the tool that was called, until it is put into the message.</summary>
    private ToolAnswer? answered;

    /// <summary>Gives the SDK what it calls.</summary>
    public void Handle(McpServerHandlers handlers)
    {
        handlers.ListToolsHandler = ListToolsAsync;
        handlers.CallToolHandler = CallToolAsync;
        handlers.ListResourcesHandler = static (_, _) => new(new ListResourcesResult { Resources = [.. SourceBook.Plain] });
        handlers.ListResourceTemplatesHandler = static (_, _) => new(new ListResourceTemplatesResult { ResourceTemplates = [.. SourceBook.Templates] });
        handlers.ReadResourceHandler = ReadResourceAsync;
        handlers.ListPromptsHandler = static (_, _) => new(new ListPromptsResult { Prompts = [.. PromptBook.Listed] });
        handlers.GetPromptHandler = GetPromptAsync;
        handlers.CompleteHandler = CompleteAsync;
        handlers.SubscriptionsListenHandler = ListenAsync;
        handlers.SubscribeToResourcesHandler = static (_, _) => throw NoSubscriptions();
        handlers.UnsubscribeFromResourcesHandler = static (_, _) => throw NoSubscriptions();
    }

    /// <summary>
    /// Puts the answer of a tool into the message that leaves. If the handler returned it, the SDK would write all of it as JSON and read that again
    /// before it writes the message: half the time of a call.
    /// </summary>
    public McpMessageHandler Fill(McpMessageHandler next) => (context, cancel) =>
    {
        if (answered is { } answer && context.JsonRpcMessage is JsonRpcResponse { Result: JsonObject result })
        {
            answered = null;
            answer.PutInto(result);
        }

        return next(context, cancel);
    };

    private ValueTask<ListToolsResult> ListToolsAsync(RequestContext<ListToolsRequestParams> request, CancellationToken cancel) =>
        new(new ListToolsResult { Tools = [.. door.Tools.VisibleTo(caller)] });

    private async ValueTask<CallToolResult> CallToolAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancel)
    {
        var sent = request.Params;
        if (sent?.Name is null || door.Tools.Find(sent.Name) is not { } tool)
        {
            throw new McpProtocolException(
                $"Unknown tool: '{InputNames.Shown(sent?.Name ?? "")}'. tools/list has the tools{(door.IsReadOnly ? "; with MCP_READ_ONLY=true only those that read" : "")}.", McpErrorCode.InvalidParams);
        }

        var note = new ToolCallNote(tool.Declared.Name);
        http.Features.Set(note);
        var arguments = new ToolArguments(sent.Arguments);
        try
        {
            var call = await CallAsync(cancel);
            var answer = tool.Declared.Kind == ToolKind.Read ? await door.Runner.ReadAsync(tool, arguments, call) : await door.Runner.WriteAsync(tool, arguments, call);
            return Answer(answer, isError: false);
        }
        catch (Exception error) when (!IsGone(cancel))
        {
            return Answer(ToolErrors.Of(Note(error, note), tool, arguments.Has(BoundTool.IdempotencyKey)), isError: true);
        }
    }

    /// <summary>Remembers the answer for <see cref="Fill"/>, and returns the result without it.</summary>
    private CallToolResult Answer(ToolAnswer answer, bool isError)
    {
        answered = answer;
        return new() { IsError = isError ? true : null };
    }

    private async ValueTask<ReadResourceResult> ReadResourceAsync(RequestContext<ReadResourceRequestParams> request, CancellationToken cancel)
    {
        var uri = request.Params?.Uri;
        if (SourceBook.Find(uri) is not var (source, filled))
        {
            throw new McpProtocolException($"Unknown resource: '{InputNames.Shown(uri ?? "")}'. resources/list and resources/templates/list have the addresses.", NotFoundCode())
            { Data = { ["uri"] = uri } };
        }

        return await RunAsync("resource", call => door.Sources.ReadAsync(source, filled, uri!, call), cancel);
    }

    private ValueTask<GetPromptResult> GetPromptAsync(RequestContext<GetPromptRequestParams> request, CancellationToken cancel) =>
        PromptBook.Find(request.Params?.Name) is { } prompt
            ? RunAsync("prompt", call => door.Prompts.FillAsync(prompt, new(request.Params!.Arguments), call), cancel)
            : throw new McpProtocolException($"Unknown prompt: '{InputNames.Shown(request.Params?.Name ?? "")}'. prompts/list has the prompts.", McpErrorCode.InvalidParams);

    private ValueTask<CompleteResult> CompleteAsync(RequestContext<CompleteRequestParams> request, CancellationToken cancel) =>
        RunAsync("completion", call => door.Completions.OfAsync(request.Params!.Argument, call), cancel);

    private ValueTask<EmptyResult> ListenAsync(RequestContext<SubscriptionsListenRequestParams> request, CancellationToken cancel) =>
        RunAsync(
            "listen",
            async call =>
            {
                await door.Listener.RunAsync(request.Server, request.JsonRpcRequest.Id, request.Params?.Notifications?.ResourceSubscriptions ?? [], call);
                return new EmptyResult();
            },
            cancel);

    /// <summary>Carries out what is no tool. A refusal becomes an error of the protocol with the same code and words.</summary>
    private async ValueTask<T> RunAsync<T>(string what, Func<Call, ValueTask<T>> work, CancellationToken cancel)
    {
        var note = new ToolCallNote(what) { IsStream = what == "listen" };
        http.Features.Set(note);
        try
        {
            return await work(await CallAsync(cancel));
        }
        catch (Exception error) when (!IsGone(cancel))
        {
            var refusal = Note(error, note);
            throw new McpProtocolException($"{refusal.Error}: {refusal.Message} ({refusal.Code})", refusal.Status switch
            {
                404 => NotFoundCode(),
                400 => McpErrorCode.InvalidParams,
                500 => McpErrorCode.InternalError,
                _ => McpErrorCode.InvalidRequest,
            });
        }
    }

    private async ValueTask<Call> CallAsync(CancellationToken cancel)
    {
        await door.DemandAsync(caller, cancel);
        return OperationRoutes.CallOf(http) with { Door = Door.Mcp, Cancel = cancel };
    }

    private bool IsGone(CancellationToken cancel) => cancel.IsCancellationRequested || http.RequestAborted.IsCancellationRequested;

    /// <summary>The code of a resource that is not there: 2026-07-28 has no code of its own for it.</summary>
    private McpErrorCode NotFoundCode() => McpDoor.IsModern(http) ? McpErrorCode.InvalidParams : McpErrorCode.ResourceNotFound;

    private static McpProtocolException NoSubscriptions() => new(
        "This server keeps no state between two requests, so it cannot tell of changes by resources/subscribe. Speak version 2026-07-28 and use subscriptions/listen, or GET /api/events.",
        McpErrorCode.MethodNotFound);

    /// <summary>Counts a refusal and notes it for the log.</summary>
    private Refusal Note(Exception error, ToolCallNote note)
    {
        var refusal = KnownFailures.RefusalOf(error, http.TraceIdentifier, door.Logger);
        door.Metrics.CountRefusal(refusal.Code);
        note.Failure = new(refusal.Code, refusal.LogReason);
        return refusal;
    }
}
