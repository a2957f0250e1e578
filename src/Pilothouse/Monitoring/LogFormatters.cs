using System.Globalization;
using System.Text.Encodings.Web;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace Pilothouse.Monitoring;

/// <summary>Formats log lines for people. Text from clients in a message can neither begin a new line nor control the terminal.</summary>
internal sealed class TextLogFormatter : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Head = new("{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {Message:l}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        Head.Format(logEvent, line);
        output.WriteLine(PrintableText.Of(line.ToString()));
        if (logEvent.Exception is { } exception)
        {
            output.WriteLine(PrintableText.Lines(exception.ToString()));
        }
    }
}

/// <summary>Formats each line as a JSON object: timestamp, level, message, the values of the message in snake_case, exception.</summary>
internal sealed class JsonLogFormatter : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write("{\"timestamp\":\"");
        output.Write(Timestamps.ToAnswer(logEvent.Timestamp.AddTicks(-(logEvent.Timestamp.Ticks % TimeSpan.TicksPerMillisecond))));
        output.Write("\",\"level\":\"");
        output.Write(NameOf(logEvent.Level));
        output.Write('"');
        if (logEvent.Properties.TryGetValue(RequestLine.Property, out var value) && value is RequestLine request)
        {
            Write(request, output);
        }
        else
        {
            WriteValues(logEvent, output);
        }

        output.Write("}\n");
    }

    private static void Write(RequestLine request, TextWriter output)
    {
        output.Write(",\"message\":\"");
        Text(request.Method, output);
        output.Write(' ');
        Text(request.Route, output);
        output.Write("\",\"method\":\"");
        Text(request.Method, output);
        output.Write("\",\"route\":\"");
        Text(request.Route, output);
        output.Write("\",\"status\":");
        Span<char> number = stackalloc char[32];
        request.Status.TryFormat(number, out var length, default, CultureInfo.InvariantCulture);
        output.Write(number[..length]);
        output.Write(",\"duration_ms\":");
        request.DurationMs.TryFormat(number, out length, "0.###", CultureInfo.InvariantCulture);
        output.Write(number[..length]);
        output.Write(",\"client\":\"");
        Text(request.Client, output);
        output.Write("\",\"credential\":\"");
        Text(request.Credential, output);
        output.Write("\",\"request_id\":\"");
        Text(request.RequestId, output);
        output.Write('"');
        Optional("code", request.Failure.Code, output);
        Optional("reason", request.Failure.Reason, output);
    }

    private static void Optional(string name, string? text, TextWriter output)
    {
        if (text is not null)
        {
            output.Write($",\"{name}\":\"");
            Text(text, output);
            output.Write('"');
        }
    }

    private static void WriteValues(LogEvent logEvent, TextWriter output)
    {
        output.Write(",\"message\":\"");
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            Text(token is PropertyToken property && logEvent.Properties.TryGetValue(property.PropertyName, out var value) ? Plain(value, property.Format) : token.ToString() ?? "", output);
        }

        output.Write('"');
        foreach (var (name, value) in logEvent.Properties)
        {
            if (name is "EventId" or "SourceContext" or "ConnectionId" || (name is "RequestId" or "RequestPath" && !Names(logEvent, name)) || value is not ScalarValue scalar)
            {
                continue;
            }

            output.Write(",\"");
            Text(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name), output);
            output.Write("\":");
            if (scalar.Value is int or long or double or decimal)
            {
                output.Write(((IFormattable)scalar.Value).ToString(null, CultureInfo.InvariantCulture));
            }
            else
            {
                output.Write('"');
                Text(Plain(scalar, null), output);
                output.Write('"');
            }
        }

        if (logEvent.Exception is { } exception)
        {
            output.Write(",\"exception\":\"");
            Text(exception.ToString(), output);
            output.Write('"');
        }
    }

    /// <summary>
    /// Whether the message itself contains the property. The host adds a request id of its own, which is not the one in our answer.
    /// </summary>
    private static bool Names(LogEvent logEvent, string property) =>
        logEvent.MessageTemplate.Tokens.Any(token => token is PropertyToken named && named.PropertyName == property);

    /// <summary>Returns a value without the quotes that Serilog puts around text.</summary>
    private static string Plain(LogEventPropertyValue value, string? format) => value is not ScalarValue scalar ? value.ToString() : scalar.Value switch
    {
        DateTimeOffset time when format is null => Timestamps.ToAnswer(time),
        IFormattable formattable => formattable.ToString(format, CultureInfo.InvariantCulture),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
    };

    private static void Text(string text, TextWriter output) => output.Write(PrintableText.Json(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)));

    private static string NameOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "CRITICAL",
        LogEventLevel.Error => "ERROR",
        LogEventLevel.Warning => "WARNING",
        LogEventLevel.Information => "INFO",
        _ => "DEBUG",
    };
}
