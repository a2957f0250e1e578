using System.Text;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Api;

/// <summary>What a write answers: 201 for something new, 200 else.</summary>
internal sealed record Answer<T>(int Status, T Body);

/// <summary>Makes answers.</summary>
internal static class Answer
{
    public static Answer<T> Created<T>(T body) => new(201, body);

    public static Answer<T> Ok<T>(T body) => new(200, body);
}

/// <summary>
/// The way of every write through HTTP: right, body, repetition, room on the disk, rules, one transaction, answer. The transaction begins with the
/// question whether the credential is still good. What a feature adds is the work inside the transaction.
/// </summary>
internal sealed class WriteDoor(CallerDatabase database, IdempotencyStore kept, DiskWatch disk, TimeProvider clock)
{
    /// <summary>Carries out one write.</summary>
    /// <param name="http">The request, whose caller needs the scope <c>write</c> unless <paramref name="scope"/> says otherwise.</param>
    /// <param name="input">How the body is read.</param>
    /// <param name="output">How the answer is written.</param>
    /// <param name="work">Runs inside the transaction; a refusal thrown there undoes it.</param>
    /// <param name="scope">The right that it takes.</param>
    public async Task RunAsync<TInput, TAnswer>(
        HttpContext http, JsonTypeInfo<TInput> input, JsonTypeInfo<TAnswer> output, Func<Session, Caller, TInput, ValueTask<Answer<TAnswer>>> work, Scopes scope = Scopes.Write)
        where TInput : class, IInput<TInput>
        where TAnswer : WriteAnswer
    {
        var caller = Caller.Of(http);
        caller.Require(scope);
        var body = await InputReader.ReadBodyAsync(http);
        var key = HttpMethods.IsPost(http.Request.Method) ? IdempotencyKey.Of(http, caller, body.Span) : null;
        if (key is null)
        {
            disk.DemandRoom();
            var value = Parse(http, body.Span, input);
            var answer = await database.WriteAsync(caller, session => work(session, caller, value), http.RequestAborted);
            http.Response.StatusCode = answer.Status;
            answer.Body.Ignored = IgnoredNames.Of(http);
            await JsonAnswer.WriteAsync(http, answer.Body, output);
            return;
        }

        var (repeated, result) = await RunOnceAsync(http, caller, key, body, input, output, (session, value) => work(session, caller, value));
        http.Response.StatusCode = result.Status;
        if (repeated)
        {
            http.Response.Headers["Idempotency-Replayed"] = "true";
            IgnoredNames.NoteKept(http, result.Json);
        }

        await JsonAnswer.WriteAsync(http, Encoding.UTF8.GetBytes(result.Json));
    }

    private async Task<(bool Repeated, KeptAnswer Answer)> RunOnceAsync<TInput, TAnswer>(
        HttpContext http, Caller caller, IdempotencyKey key, ReadOnlyMemory<byte> body, JsonTypeInfo<TInput> input, JsonTypeInfo<TAnswer> output,
        Func<Session, TInput, ValueTask<Answer<TAnswer>>> work)
        where TInput : class, IInput<TInput>
        where TAnswer : WriteAnswer
    {
        using var running = kept.Begin(key);
        if (await kept.FindAsync(key, http.RequestAborted) is { } known)
        {
            await database.DemandAsync(caller, http.RequestAborted);
            return (true, known);
        }

        disk.DemandRoom();
        var value = Parse(http, body.Span, input);
        var ignored = IgnoredNames.Of(http);
        try
        {
            return (false, await database.WriteAsync(caller, async session =>
            {
                var answer = await work(session, value);
                answer.Body.Ignored = ignored;
                var json = JsonText.Of(answer.Body, output);
                await kept.KeepAsync(session, key, answer.Status, json);
                return new KeptAnswer(key.BodyHash, answer.Status, json);
            }, http.RequestAborted));
        }
        catch (Refusal refusal) when (refusal.Status == 409 && refusal.Code != ErrorCodes.IdempotencyInProgress)
        {
            await database.WriteAsync(caller, async session =>
            {
                await kept.KeepAsync(session, key, refusal.Status, JsonText.Of(refusal.Body, ApiJson.Default.ErrorBody));
                return true;
            });
            throw;
        }
    }

    private TInput Parse<TInput>(HttpContext http, ReadOnlySpan<byte> body, JsonTypeInfo<TInput> input)
        where TInput : class, IInput<TInput>
    {
        var value = InputReader.Parse(body, input, clock.GetUtcNow(), out var ignored);
        IgnoredNames.Note(http, ignored);
        return value;
    }
}
