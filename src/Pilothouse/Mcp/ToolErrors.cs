using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pilothouse.Contract;
using Pilothouse.Http;
using Pilothouse.Operations;

namespace Pilothouse.Mcp;

/// <summary>
/// Refusals in the form for a model: the code and the words of HTTP, for each wrong argument what is allowed and an example, and whether the call
/// may be repeated.
/// </summary>
internal static class ToolErrors
{
    /// <summary>Returns the answer for a refusal.</summary>
    /// <param name="refusal">The refusal.</param>
    /// <param name="tool">The tool that was called.</param>
    /// <param name="hasKey">Whether the call has an idempotency_key.</param>
    public static ToolAnswer Of(Refusal refusal, BoundTool tool, bool hasKey)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("error", refusal.Error);
            writer.WriteString("code", refusal.Code);
            writer.WriteString("message", refusal.Message);
            writer.WriteNumber("status", refusal.Status);
            WriteDetails(writer, refusal, tool);
            var (isSafe, advice) = Retry(refusal, tool.Declared.Kind != ToolKind.Read, hasKey);
            writer.WriteBoolean("retry_is_safe", isSafe);
            writer.WriteString("retry", advice);
            if (refusal.RetryAfterSeconds is { } seconds)
            {
                writer.WriteNumber("retry_after_seconds", seconds);
            }

            writer.WriteEndObject();
        }

        return new(buffer.WrittenMemory);
    }

    /// <summary>Returns the refusal that a kept answer holds.</summary>
    public static Refusal Kept(int status, JsonElement json) =>
        new(status, Text(json, "code"), Text(json, "error"), Text(json, "message"))
        {
            Details = json.TryGetProperty("details", out var details)
                ? [.. details.EnumerateArray().Select(static detail => new FieldError(Text(detail, "field"), Text(detail, "message")))]
                : null,
        };

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";

    private static void WriteDetails(Utf8JsonWriter writer, Refusal refusal, BoundTool tool)
    {
        if (refusal.Details is null)
        {
            return;
        }

        writer.WriteStartArray("details");
        foreach (var detail in refusal.Details)
        {
            var name = ArgumentOf(tool, detail.Field);
            writer.WriteStartObject();
            writer.WriteString("field", name);
            writer.WriteString("message", detail.Message);
            if (tool.Arguments.TryGetValue(name, out var allowed))
            {
                writer.WritePropertyName("allowed");
                allowed.WriteTo(writer);
                if (FieldExamples.Find([.. tool.Parts.Select(static part => part.Operation.Name)], name) is { } example)
                {
                    writer.WritePropertyName("example");
                    writer.WriteRawValue(example);
                }
            }
            else
            {
                writer.WriteString("allowed", string.Join(", ", tool.Arguments.Keys));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The argument that a field of a refusal stands for.</summary>
    private static string ArgumentOf(BoundTool tool, string field)
    {
        if (field == IdempotencyKey.Header)
        {
            return BoundTool.IdempotencyKey;
        }

        var renamed = tool.Parts.SelectMany(static part => part.Parameters).FirstOrDefault(parameter => parameter.Parameter.Name == field).Argument;
        return tool.Arguments.ContainsKey(field) ? field : renamed ?? field;
    }

    private static (bool IsSafe, string Advice) Retry(Refusal refusal, bool writes, bool hasKey)
    {
        if (refusal.Code is ErrorCodes.WriteInDoubt or ErrorCodes.Internal && writes)
        {
            return hasKey
                ? (true, "Send the same call again with the same idempotency_key: it is carried out once at most.")
                : (false, "It may have been carried out. Look first, with a tool that reads; send an idempotency_key with each write.");
        }

        return refusal switch
        {
            { Code: ErrorCodes.BreakerTriggered } => (false, "Nothing was stored. Do not try again until may_i_trade says may_trade: true."),
            { Code: ErrorCodes.IdempotencyInProgress } or { Status: 429 or 503 or 507 } => (true, "Nothing was stored. The same call may be sent again after retry_after_seconds."),
            { Status: 500 } => (true, "It may be sent again; if it fails again, tell a person the request id."),
            { Status: 401 or 403 } => (false, "Nothing was stored. This credential cannot do it: ask a person, do not look for another way."),
            { Status: 404 } => (false, "Nothing was stored. Look for the right id or name with a tool that lists."),
            { Status: 409 } => (false, "Nothing was stored. It conflicts with what is stored: read that first."),
            _ => (false, "Nothing was stored. Correct the arguments, then send it."),
        };
    }
}
