using System.Runtime.CompilerServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Network;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

/// <summary>
/// The sockets of one loop: what the network reports becomes input of clients, and what clients have to be told is sent. With one shard, received commands
/// run at once. Data plane; the loop's thread only.
/// </summary>
internal sealed unsafe class ClientSockets(ShardLoop loop, FastKvServer server) : IConnectionHandler
{
    /// <summary>Input held back for one client before its socket is no longer read.</summary>
    private const int ArrivedBytesMax = 256 * 1024;

    private readonly ShardLoop _loop = loop;
    private readonly FastKvServer _server = server;
    private EventLoop? _events;

    /// <summary>Creates the event loop; on the loop's own thread, which io_uring's single-issuer rings require.</summary>
    public EventLoop Open(Network.IoEngine engine) =>
        _events = EventLoop.Create(engine, this, _loop.Buffers, ConnectionsMax(_server.Options));

    /// <summary>Replies the parser's error and closes, as Redis does.</summary>
    public void FailProtocol(Client client)
    {
        new ReplyWriter(client.Connection.Output, client.Resp, _loop.Statistics.Errors).Error(client.Parser.ErrorText);
        _loop.Statistics.Errors.Pending = 0;
        client.CloseAfterReply();
    }

    /// <summary>Sends what the client's output holds, watches its limits, and closes it when it asked for that.</summary>
    public void Flush(Client client)
    {
        if (client.IsClosed || (_server.Aof.HoldsReplies && _loop.Commits.TryHold(client)))
            return;
        Send(client);
    }

    /// <summary>As <see cref="Flush"/>, at once: what the client is told of is safe.</summary>
    public void Send(Client client)
    {
        if (client.IsClosed || (client.Gate & ClientGate.Committing) != 0)
            return;
        var connection = client.Connection;
        if (connection.Output.Length > 0)
        {
            if (OutputLimits.IsExceeded(client, _server.Options, _loop.NowMs))
            {
                CloseForOutputLimit(client);
                return;
            }
            _loop.Statistics.Writes++;
            client.OutputPeakBytes = Math.Max(client.OutputPeakBytes, connection.Output.Length);
            _events!.Flush(connection);
        }
        bool isOver = (client.Gate & ClientGate.Closing) != 0 || (client.IsPeerClosed && !client.IsReady);
        if (isOver && !client.InFlight)
            _events!.Close(connection, afterFlush: true);
        else if (_server.ClientEviction.IsOn)
            _server.ClientEviction.Update(client);
    }

    /// <summary>Closes a client that reads too slowly; once.</summary>
    public void CloseForOutputLimit(Client client)
    {
        if (client.Connection.IsClosing)
            return;
        _loop.Statistics.OutputLimitDisconnections++;
        _server.Log.Warning(
            $"Client {Commands.Connection.ClientList.DescribeOne(client, client.Loop.NowMs)} scheduled to be closed ASAP for overcoming of output buffer limits.");
        client.CloseAfterReply();
        _events!.Close(client.Connection, afterFlush: false);
    }

    /// <summary>Closes a client now, without sending what is pending.</summary>
    public void Kill(Client client)
    {
        client.CloseAfterReply();
        if (!client.IsClosed)
            _events!.Close(client.Connection, afterFlush: false);
    }

    /// <summary>Takes over an accepted socket; on this loop's thread.</summary>
    public void Adopt(int socket, bool isUnixSocket)
    {
        var client = _server.Clients.Create(_loop, _loop.NowMs);
        client.IsUnixSocket = isUnixSocket;
        client.Connection = _events!.Adopt(socket, client);
        _loop.Statistics.ConnectionsReceived++;
        _loop.Clients.Add(client);
        _loop.Slots.Add(client);
        _server.Clients.Admit(client);
    }

    public void OnAccepted(int socket, Listener listener)
    {
        _loop.RefreshClock();
        _server.Clients.Distribute(socket, listener);
    }

    public void OnReceived(Connection connection, ReadOnlySpan<byte> bytes)
    {
        _loop.RefreshClock();
        var client = Unsafe.As<Client>(connection.Owner)!;
        _loop.Statistics.Reads++;
        _loop.Statistics.NetworkInputBytes += bytes.Length;
        client.TotalNetworkInput += bytes.Length;
        client.LastInteractionMs = _loop.NowMs;
        _loop.Idle.OnActive(client);
        if ((client.Gate & ClientGate.Closing) != 0)
            return;
        fixed (byte* start = bytes)
        {
            if (_loop.IsAlone && (client.Gate & (ClientGate.Pause | ClientGate.Halted)) == 0 && client.Batch is null)
                RunAlone(client, start, bytes.Length);
            else
                Queue(client, start, bytes.Length);
        }
        if (_server.ClientEviction.IsOn && !client.IsClosed)
            _server.ClientEviction.Update(client);
        if (client.Input.Length + client.Arrived.Length > _server.Options.ClientQueryBufferLimit)
            CloseForQueryLimit(client);
    }

    public void OnWritable(Connection connection)
    {
        var client = Unsafe.As<Client>(connection.Owner)!;
        client.OutputSoftLimitSinceMs = 0;
    }

    /// <summary>The peer has half-closed: what it asked for is answered first.</summary>
    public void OnPeerClosed(Connection connection)
    {
        var client = Unsafe.As<Client>(connection.Owner)!;
        if (!client.InFlight && !client.IsReady && (client.Gate & ClientGate.Committing) == 0)
            _events!.Close(connection, afterFlush: true);
        else
            client.IsPeerClosed = true;
    }

    public void OnClosed(Connection connection, CloseReason reason)
    {
        var client = Unsafe.As<Client>(connection.Owner)!;
        client.IsClosed = true;
        client.Gate |= ClientGate.Closing;
        _server.Trackers.Disable(client);
        _loop.Clients.Remove(client);
        PubSub.Subscriptions.Leave(client, _loop.Partitions);
        _server.Monitors.Remove(client);
        _loop.Slots.Remove(client);
        if (_server.ClientEviction.IsOn)
            _server.ClientEviction.Remove(client);
        if ((client.Gate & ClientGate.Blocked) != 0)
            _loop.Blocked.TryAbandon(client);
        _loop.ForgetIfIdle(client);
    }

    private void RunAlone(Client client, byte* start, int length)
    {
        if (_loop.Partition.Locks.Any && client.Parser.IsMidCommand)
        {
            // If it names a locked key it has to wait, and a command whose beginning has been parsed cannot be parsed again: it waits in a batch.
            Queue(client, start, length);
            return;
        }
        if (client.Input.Length == 0)
        {
            byte* keep = _loop.Pipeline.RunDirect(client, start, start + length, out byte* position);
            if (keep != start + length && (client.Gate & ClientGate.Closing) == 0)
                ClientInput.KeepRest(client, keep, position, start + length);
        }
        else
        {
            ClientInput.Append(client, start, length);
            byte* data = client.Input.Data;
            _loop.Pipeline.RunDirect(client, data + client.InputCursor, data + client.Input.Length, out byte* position);
            client.InputCursor = position - data;
            ClientInput.DropParsed(client);
        }
        if ((client.Gate & ClientGate.Pause) != 0 && client.Input.Length > client.InputCursor)
            _loop.MarkReady(client);
        _loop.DeliverMail();
        Flush(client);
    }

    private void Queue(Client client, byte* start, int length)
    {
        if (client.Batch is null && client.Arrived.Length == 0)
        {
            ClientInput.Append(client, start, length);

            // What comes until its turn is not all to be kept; but one large command has to be.
            if (client.Input.Length - client.InputCursor > ArrivedBytesMax && !client.Parser.IsMidCommand)
                PauseReceive(client);
        }
        else
        {
            client.Arrived.EnsureFree(length);
            client.Arrived.Append(start, length);
            if (client.Arrived.Length > ArrivedBytesMax)
                PauseReceive(client);
        }
        _loop.MarkReady(client);
    }

    private void PauseReceive(Client client)
    {
        if (client.IsReceivePaused)
            return;
        client.IsReceivePaused = true;
        _events!.PauseReceive(client.Connection);
    }

    /// <summary>Reads on from a client whose input had to be held back, once that is used up.</summary>
    public void ResumeReceive(Client client)
    {
        if (client.IsReceivePaused && client.Arrived.Length < ArrivedBytesMax && !client.IsClosed)
        {
            client.IsReceivePaused = false;
            _events!.ResumeReceive(client.Connection);
        }
    }

    private void CloseForQueryLimit(Client client)
    {
        _loop.Statistics.QueryLimitDisconnections++;
        _server.Log.Warning($"Closing client that reached max query buffer length: {client.Address}");
        client.CloseAfterReply();
        _events!.Close(client.Connection, afterFlush: false);
    }

    /// <summary>Connections are spread evenly, but closed ones are not: each loop has room for all, and for those that are told that there are
    /// too many.</summary>
    private static int ConnectionsMax(ServerOptions options) => (int)Math.Clamp(options.MaxClients + 128, 1024, 1 << 20);
}
