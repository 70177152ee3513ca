using System.Net.Sockets;
using FastKv.Engine.Persistence.Journal;
using FastKv.Memory;

namespace FastKv.Engine.Migration;

// Control plane. The exchange of MIGRATE with its targets, beside the loops: no turn waits for a network, but that of a transaction on the only shard.
//
//   connect (or take a kept connection) ─► AUTH, SELECT, if needed ─► the batch's RESTOREs ─► one answer for each ─► back to the client's loop

/// <summary>Talks to the targets of migrations.</summary>
internal sealed class Migrations : IDisposable
{
    private readonly TargetConnections _connections = new();
    private readonly CancellationTokenSource _end = new();

    /// <summary>The exchanges under way, and one.</summary>
    private readonly CountdownEvent _running = new(1);

    /// <summary>Ends the exchanges for which partitions are kept.</summary>
    private CancellationTokenSource _endOfHolding = new();
    private int _keyLocks;
    private int _holding;

    private enum Trouble
    {
        None, Writing, Reading,
    }

    /// <summary>Connections that are kept, or in use.</summary>
    public int ConnectionCount => _connections.Count + _running.CurrentCount - 1;

    /// <summary>
    /// Migrations that lock keys, or may be about to. On several shards a command that takes its ticket after such a migration took its own finds this other
    /// than 0, and is run on all its shards at once, so that it can wait as a whole.
    /// </summary>
    public int Announced => Volatile.Read(ref _keyLocks);

    /// <summary>Whether some transaction keeps its partitions until another server has answered.</summary>
    public bool IsHolding => Volatile.Read(ref _holding) != 0;

    /// <summary>A migration is about to take its ticket.</summary>
    public void Announce() => Interlocked.Increment(ref _keyLocks);

    /// <summary>It locks nothing, or no longer.</summary>
    public void Withdraw() => Interlocked.Decrement(ref _keyLocks);

    /// <summary>Sends the batch of a migration and reads the answers, beside the caller; then <paramref name="next"/> is called, on any thread.</summary>
    public void Start(Migration migration, Action next)
    {
        _running.AddCount();
        _ = Task.Run(() => RunAsync(migration, next));
    }

    /// <summary>As <see cref="Start"/>, and waits for it: for as long as the target takes, or the timeout of each step.</summary>
    public void Exchange(Migration migration)
    {
        _running.AddCount();
        Task.Run(() => RunAsync(migration, static () => { })).GetAwaiter().GetResult();
    }

    /// <summary>Ends the exchanges for which partitions are kept, as if their connections had failed: what waits for the partitions is more urgent.</summary>
    public void Interrupt() => Interlocked.Exchange(ref _endOfHolding, new CancellationTokenSource()).Cancel();

    /// <summary>From now on no exchange keeps a loop.</summary>
    public void EndHolding() => Volatile.Read(ref _endOfHolding).Cancel();

    /// <summary>Gives the connection of a migration back that has come to its end.</summary>
    public void Finish(Migration migration)
    {
        if (migration.Connection is not { } connection)
            return;
        migration.Connection = null;
        _connections.Keep(connection);
    }

    /// <summary>Closes connections that have been idle for long.</summary>
    public void Tick() => _connections.Tick();

    /// <summary>Ends all exchanges and waits for them; the loops have ended before.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _running.Signal();
        _running.Wait();
        _running.Dispose();
        _connections.Dispose();
        _endOfHolding.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync(Migration migration, Action next)
    {
        var cancellation = migration.IsHolding ? Volatile.Read(ref _endOfHolding).Token : migration.Cancellation;
        if (migration.IsHolding)
            Interlocked.Increment(ref _holding);
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, cancellation))
            await ExchangeAsync(migration, end.Token).ConfigureAwait(false);
        if (migration.IsHolding)
            Interlocked.Decrement(ref _holding);

        // The client's loop owns the migration from here on.
        next();
        _running.Signal();
    }

    private async Task ExchangeAsync(Migration migration, CancellationToken end)
    {
        for (bool isRetry = false; ; isRetry = true)
        {
            bool isFirst = migration.Connection is null;
            if (isFirst && !await TryConnectAsync(migration, end).ConfigureAwait(false))
                return;
            var (trouble, isTimeout) = await TalkAsync(migration, isFirst, end).ConfigureAwait(false);
            if (trouble == Trouble.None)
                return;
            migration.Connection!.Dispose();
            migration.Connection = null;

            // A kept connection has often been closed by the target in the meantime: that is worth another try, as long as nothing was answered.
            if (isRetry || isTimeout || migration.HasReadAnswer)
            {
                migration.Failure = (trouble == Trouble.Writing ? Errors.MigrateWrite : Errors.MigrateRead).ToArray();
                return;
            }
        }
    }

    /// <summary>Takes a connection that was kept, or makes one; false: it failed.</summary>
    private async ValueTask<bool> TryConnectAsync(Migration migration, CancellationToken end)
    {
        migration.Connection = _connections.TryTake(migration.Target);
        if (migration.Connection is not null)
            return true;
        var connection = new TargetConnection(migration.Target);
        bool isRefused = false;
        try
        {
            if (migration.Target.Host.Length > 0 && migration.Target.Port >= 0)
            {
                await connection.ConnectAsync(end).ConfigureAwait(false);
                migration.Connection = connection;
                return true;
            }
        }
        catch (SocketException exception)
        {
            isRefused = exception.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.AddressNotAvailable;
        }
        catch (OperationCanceledException)
        {
            isRefused = false;
        }
        catch (ArgumentException)
        {
            // No name of a host is that long.
            isRefused = false;
        }
        connection.Dispose();

        // Redis notices only when it writes that nobody listens there.
        migration.Failure = (isRefused ? Errors.MigrateWrite : Errors.MigrateConnect).ToArray();
        return false;
    }

    private static async Task<(Trouble Trouble, bool IsTimeout)> TalkAsync(Migration migration, bool isFirst, CancellationToken end)
    {
        var connection = migration.Connection!;
        var trouble = Trouble.Writing;
        try
        {
            if (isFirst)
            {
                int answers = await GreetAsync(migration, end).ConfigureAwait(false);
                trouble = Trouble.Reading;
                for (; answers > 0; answers--)
                    NoteAnswer(migration, await connection.ReadLineAsync(end).ConfigureAwait(false));

                // Refused there: in Redis the values have been sent by now, into whatever database was selected.
                if (migration.TargetError is not null)
                {
                    migration.Failure = [];
                    return (Trouble.None, false);
                }
                connection.Database = migration.Target.Database;
                trouble = Trouble.Writing;
            }
            await connection.SendAsync(migration.Request, end).ConfigureAwait(false);
            trouble = Trouble.Reading;
            foreach (int key in migration.Batch)
            {
                bool isAcknowledged = NoteAnswer(migration, await connection.ReadLineAsync(end).ConfigureAwait(false));
                migration.IsAcknowledged[key] = isAcknowledged;
                migration.HasReadAnswer = true;
            }
            return (Trouble.None, false);
        }
        catch (SocketException exception)
        {
            return (trouble, exception.SocketErrorCode == SocketError.TimedOut);
        }
        catch (OperationCanceledException)
        {
            return (trouble, true);
        }
    }

    /// <summary>Says who we are and which database is meant; returns how many answers there will be.</summary>
    private static async ValueTask<int> GreetAsync(Migration migration, CancellationToken end)
    {
        var connection = migration.Connection!;
        var (user, password) = (migration.Target.User, migration.Target.Password);
        bool needsSelect = connection.Database != migration.Target.Database;
        NativeBuffer text = default;
        try
        {
            if (password is not null)
            {
                EffectText.Header(ref text, user is null ? 2 : 3);
                EffectText.Argument(ref text, "AUTH"u8);
                if (user is not null)
                    EffectText.Argument(ref text, user);
                EffectText.Argument(ref text, password);
            }
            if (needsSelect)
            {
                EffectText.Header(ref text, 2);
                EffectText.Argument(ref text, "SELECT"u8);
                EffectText.Argument(ref text, migration.Target.Database);
            }
            await connection.SendAsync(text, end).ConfigureAwait(false);
        }
        finally
        {
            text.Release();
        }
        return (password is null ? 0 : 1) + (needsSelect ? 1 : 0);
    }

    /// <summary>True: the target agrees. The first error is kept, and what is selected there counts as unknown then.</summary>
    private static bool NoteAnswer(Migration migration, byte[] line)
    {
        if (line.Length == 0 || line[0] != (byte)'-')
            return true;
        migration.TargetError ??= line[1..];
        migration.Connection!.Database = -1;
        return false;
    }
}
