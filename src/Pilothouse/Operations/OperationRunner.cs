using System.Text;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// Carries out every operation, for every door: it checks the scope, looks for a repetition (Idempotency-Key), checks the free disk space
/// and the rules of the input, and runs one transaction with the work, its row in the audit log and its kept answer. The transaction begins
/// by checking that the credential is still valid. A call of an agent that needs consent is stored as a request in the place of the work. The doors count the rate limits (<see cref="CallLimits"/>) before they read a body.
/// </summary>
internal sealed partial class OperationRunner(
    CallerDatabase database, IdempotencyStore kept, AnswerCache cache, AuditLog audit, DiskWatch disk, IConsentDesk desk, Settings settings, TimeProvider clock,
    ILogger<OperationRunner> logger)
{
    /// <summary>How often a write is tried while others keep changing what it is decided from.</summary>
    private const int MostAttempts = 10;

    /// <summary>Throws a refusal unless the caller has the operation's scope. Doors call this before they read a body.</summary>
    public void Demand(Operation operation, Caller caller)
    {
        if (ScopeOf(operation) is var scope and not Scopes.None)
        {
            caller.Require(scope);
        }

        operation.AlsoDemands?.Invoke(caller);
    }

    /// <summary>The scope that an operation needs on this server; <see cref="Scopes.None"/> if everybody may call it.</summary>
    public Scopes ScopeOf(Operation operation) =>
        operation.Scope != Scopes.None ? operation.Scope : settings.RequireAuthForReads == true ? Scopes.Read : Scopes.None;

    public ValueTask<KeptBytes> ReadAsync(ReadOperation operation, Call call)
    {
        Demand(operation, call.Caller);
        return operation.AnswerAsync(call, cache);
    }

    /// <summary>Begins a stream. The result writes it.</summary>
    public ValueTask<Func<StreamTarget, Task>> StreamAsync(StreamOperation operation, Call call)
    {
        Demand(operation, call.Caller);
        return operation.BeginAsync(call);
    }

    /// <summary>Runs long work. The credential is checked once more when it begins; after that it runs to its end.</summary>
    public async ValueTask<Outcome> ActAsync(ActOperation operation, Call call)
    {
        Demand(operation, call.Caller);
        await database.DemandAsync(call.Caller, call.Cancel);
        return await operation.RunAsync(call);
    }

    /// <summary>Carries out one write.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="call">The call.</param>
    /// <param name="body">The body in JSON.</param>
    /// <param name="parse">Reads the body and checks it by its rules.</param>
    /// <param name="output">The JSON type of the answer.</param>
    /// <param name="work">Runs inside the transaction. A refusal that it throws rolls the transaction back.</param>
    /// <param name="prepare">Runs before it; null for nothing.</param>
    /// <param name="consents">What consent such an input may need; null if it never needs one.</param>
    public Task<Outcome> WriteAsync<TInput, TAnswer>(
        WriteOperation operation, Call call, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, DateTimeOffset, TInput> parse,
        JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work, Func<Call, TInput, ValueTask>? prepare = null,
        ConsentRule<TInput>? consents = null)
        where TAnswer : WriteAnswer
    {
        Demand(operation, call.Caller);
        if (consents is null || call.Consent is not null || !desk.Watches(call) || desk.NeededFor(consents.Words(parse(body, clock.GetUtcNow()))) is not { } consent)
        {
            return CarryOutAsync(operation, call, body, parse, output, work, prepare);
        }

        if (operation.AsksOneByOne)
        {
            throw new Refusal(403, ErrorCodes.ConsentNeeded, "Consent needed", $"An agent needs the consent of a person for {consent}, and a batch cannot wait for it. Send its items one by one.");
        }

        return CarryOutAsync(operation, call, body, parse, ConsentAskedJson.Default.ConsentAsked,
            async (session, asked, value) => await desk.AskAsync(session, asked, operation, consent, await consents.BotOfAsync(session, asked, value), body), null);
    }

    private async Task<Outcome> CarryOutAsync<TInput, TAnswer>(
        WriteOperation operation, Call call, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, DateTimeOffset, TInput> parse,
        JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work, Func<Call, TInput, ValueTask>? prepare)
        where TAnswer : WriteAnswer
    {
        if (operation.IsRepeatable && IdempotencyKey.Of(operation, call, body.Span) is { } key)
        {
            return await RunOnceAsync(operation, call, key, body, parse, output, work, prepare);
        }

        disk.DemandRoom();
        var value = parse(body, clock.GetUtcNow());
        await (prepare?.Invoke(call, value) ?? default);
        var answer = await StoreAsync(call, session => WorkAsync(session, operation, call, value, output, work));
        answer.Then?.Invoke();
        return new Outcome(answer.Status, JsonText.Utf8(answer.Body, output), Replayed: false);
    }

    /// <summary>
    /// Runs work of several operations in one transaction: each of them is a call of <see cref="WithinAsync"/>. It may be run again, like
    /// the work of a write.
    /// </summary>
    public Task<T> TransactAsync<T>(Call call, Func<Session, ValueTask<T>> work)
    {
        disk.DemandRoom();
        return StoreAsync(call, work);
    }

    /// <summary>Carries out one write within a transaction: its right, the rules of its body, its work, and its row of the audit log.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="call">The call.</param>
    /// <param name="body">The body in JSON.</param>
    public ValueTask<Answer<TAnswer>> WithinAsync<TInput, TAnswer>(
        Session session, Write<TInput, TAnswer> operation, Call call, ReadOnlyMemory<byte> body)
        where TInput : class, IInput<TInput>
        where TAnswer : WriteAnswer
    {
        Demand(operation, call.Caller);
        var value = InputReader.Parse(body.Span, operation.Reads, clock.GetUtcNow(), out var ignored);
        call.Ignore(ignored);
        return WorkAsync(session, operation, call, value, operation.Writes, operation.WorkAsync);
    }

    /// <summary>Runs a write. One that was decided from what has changed meanwhile is decided again.</summary>
    private async Task<T> StoreAsync<T>(Call call, Func<Session, ValueTask<T>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await database.WriteAsync(call.Caller, work, call.Cancel);
            }
            catch (StaleWriteException stale)
            {
                if (attempt == MostAttempts)
                {
                    throw new DatabaseBusyException(stale.Message);
                }

                await stale.CatchUp(call.Cancel);
            }
            catch (Refusal refusal) when (refusal.Record is not null)
            {
                await RecordAsync(call, refusal.Record);
                throw;
            }
        }
    }

    /// <summary>
    /// Stores what is to be kept of a refusal. It runs to its end though the client may have gone. Where it cannot be stored, the client gets
    /// the refusal all the same, which tells it what to do.
    /// </summary>
    private async ValueTask RecordAsync(Call call, Func<Session, ValueTask> record)
    {
        try
        {
            await database.WriteAsync(call.Caller, async session =>
            {
                await record(session);
                return true;
            });
        }
        catch (Exception error) when (KnownFailures.RefusalOf(error) is { } failure)
        {
            RefusalLost(logger, call.RequestId, failure.LogReason ?? failure.Message);
        }
    }

    private async ValueTask<Answer<TAnswer>> WorkAsync<TInput, TAnswer>(
        Session session, WriteOperation operation, Call call, TInput value, JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work)
        where TAnswer : WriteAnswer
    {
        var answer = await work(session, call, value);
        answer.Body.Ignored = call.Ignored.Count > 0 ? call.Ignored : null;
        if (answer.Changed is { } changed && (operation.Audited == Audited.Always || settings.AuditRecords))
        {
            await audit.RecordAsync(session, call, changed.Operation ?? operation.Name, changed);
        }

        if (call.Consent is { } consent)
        {
            await consent.TakeAsync(session, answer.Status, JsonText.Of(answer.Body, output));
        }

        return answer;
    }

    private async Task<Outcome> RunOnceAsync<TInput, TAnswer>(
        WriteOperation operation, Call call, IdempotencyKey key, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, DateTimeOffset, TInput> parse,
        JsonTypeInfo<TAnswer> output, Func<Session, Call, TInput, ValueTask<Answer<TAnswer>>> work, Func<Call, TInput, ValueTask>? prepare)
        where TAnswer : WriteAnswer
    {
        using var running = kept.Begin(key);
        if (await kept.FindAsync(key, call.Cancel) is { } known)
        {
            await database.DemandAsync(call.Caller, call.Cancel);
            return new Outcome(known.Status, Encoding.UTF8.GetBytes(known.Json), Replayed: true);
        }

        disk.DemandRoom();
        var value = parse(body, clock.GetUtcNow());
        await (prepare?.Invoke(call, value) ?? default);
        try
        {
            var (answer, json) = await StoreAsync(call, async session =>
            {
                var answer = await WorkAsync(session, operation, call, value, output, work);
                var json = JsonText.Of(answer.Body, output);
                await kept.KeepAsync(session, key, answer.Status, json);
                return (answer, json);
            });
            answer.Then?.Invoke();
            return new Outcome(answer.Status, Encoding.UTF8.GetBytes(json), Replayed: false);
        }
        catch (Refusal refusal) when (refusal.Status == 409 && refusal.Code is not (ErrorCodes.IdempotencyInProgress or ErrorCodes.BreakerTriggered))
        {
            await database.WriteAsync(call.Caller, async session =>
            {
                await kept.KeepAsync(session, key, refusal.Status, JsonText.Of(refusal.Body, ContractJson.Default.ErrorBody));
                return true;
            });
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {RequestId} was refused as it should be, but the record of the refusal could not be stored: {Reason}")]
    private static partial void RefusalLost(ILogger logger, string requestId, string reason);
}
