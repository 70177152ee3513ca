using System.Runtime.CompilerServices;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Sharding;
using FastKv.Memory;

namespace FastKv.Engine.Messages;

// Data plane. How any thread sends bytes to clients of a loop: it posts, the loop delivers. All go this way, the loop's own posts included, so a channel
// has one order for all receivers. Delivery is appending to the client's output: after each batch of commands, and before completions are taken.
//
// What must hold: a push never stands within a reply, nor before the reply to a command that ran before it was posted (a client that caches what it reads would
// keep a value that was invalidated). So nothing is delivered to a client whose window or ticket is out: it is held until that is merged.

/// <summary>The messages for the clients of one loop.</summary>
internal sealed unsafe class Mailbox(ShardLoop loop)
{
    /// <summary>With more bytes undelivered than this, all loops stop running commands until the receiver has caught up. A loop delivers some 1 GB/s, so
    /// this is reached when it is kept by a long command, and never in regular service.</summary>
    public const long BytesMax = 64L << 20;

    /// <summary>Longer messages may be spread over segments of the output.</summary>
    private const int CopyBytesMax = 1024;

    private readonly ShardLoop _loop = loop;
    private readonly ClientSlots _clients = loop.Slots;

    /// <summary>The clients that have got something in the present delivery.</summary>
    private readonly List<Client> _touched = new(64);
    private MailQueue _queue;

    /// <summary>Output above which a delivery looks at the client's limits at once, per class.</summary>
    private long _normalBytesMax;
    private long _subscriberBytesMax;

    /// <summary>Whether something waits to be delivered. Any thread.</summary>
    public bool HasPosted => !_queue.IsEmpty;

    /// <summary>Posts a message to one client; from any thread. The message stays the caller's, who releases it.</summary>
    public void Post(in Receiver receiver, Message message)
    {
        var mail = NewMail(message);
        mail->Receiver = receiver;
        mail->Receivers = default;
        Add(mail, message);
    }

    /// <summary>Posts a message to all receivers of a list, which are clients of this loop; from any thread. Message and list stay the caller's.</summary>
    public void Post(in ReceiverList receivers, Message message)
    {
        var mail = NewMail(message);
        mail->Receivers = receivers.Share();
        Add(mail, message);
    }

    /// <summary>Appends what was posted to the outputs of its receivers, and has them sent. The loop's thread, between commands.</summary>
    public void Deliver()
    {
        var mail = _queue.Take();
        if (mail == null)
            return;
        var limits = _loop.Server.Options.ClientOutputBufferLimits;
        _normalBytesMax = HardLimit(limits[(int)OutputClass.Normal]);
        _subscriberBytesMax = HardLimit(limits[(int)OutputClass.PubSub]);
        MailReturns returns = default;
        long bytes = 0;
        while (mail != null)
        {
            var end = EndOfRun(mail);
            DeliverRun(mail, end);
            while (mail != end)
            {
                var next = mail->Next;
                var message = mail->Message;
                mail->Receivers.Release();
                bytes += message.AllocatedBytes;
                if (message.TryDrop())
                    returns.Add(&message.Block->Block);
                returns.Add(&mail->Block);
                mail = next;
            }
        }
        returns.Flush();
        CountTaken(bytes);
        FlushTouched();
    }

    /// <summary>Delivers what was held while the client waited for other shards.</summary>
    public void DeliverHeld(Client client)
    {
        var mail = client.HeldMail;
        client.HeldMail = client.LastHeldMail = null;
        client.HeldBytes = 0;
        while (mail != null)
        {
            var next = mail->Next;
            Append(client, mail->Message);
            Free(mail);
            mail = next;
        }
        FlushTouched();
    }

    /// <summary>Drops what was held for a client that has gone.</summary>
    public static void DropHeld(Client client)
    {
        FreeAll(client.HeldMail);
        client.HeldMail = client.LastHeldMail = null;
        client.HeldBytes = 0;
    }

    /// <summary>Drops what was posted; when all threads have ended.</summary>
    public void Clear() => FreeAll(_queue.Take());

    private static Mail* NewMail(Message message)
    {
        message.AddReference();
        var mail = (Mail*)MessagePool.RentOfThread(sizeof(Mail));
        mail->Message = message;
        return mail;
    }

    private static void FreeAll(Mail* mail)
    {
        while (mail != null)
        {
            var next = mail->Next;
            Free(mail);
            mail = next;
        }
    }

    private static void Free(Mail* mail)
    {
        mail->Receivers.Release();
        mail->Message.Release();
        MessagePool.Return(&mail->Block, &mail->Block);
    }

    private static long HardLimit(OutputBufferLimit limit) => limit.HardBytes == 0 ? long.MaxValue : (long)Math.Min(limit.HardBytes, long.MaxValue);

    private void Add(Mail* mail, Message message)
    {
        long bytes = message.AllocatedBytes;
        long sum = _queue.Count(bytes);
        if (sum > BytesMax && sum - bytes <= BytesMax)
            _loop.Server.CountOverfullMailbox(1);

        // The first post wakes the loop; later ones find it awake or about to be. The fence is in Add, and pairs with the one in WaitMicroseconds.
        if (_queue.Add(mail) && _loop != ShardLoop.Current)
            _loop.WakeIfSleeping();
    }

    private void CountTaken(long bytes)
    {
        long sum = _queue.Count(-bytes);
        if (sum <= BytesMax && sum + bytes > BytesMax)
            _loop.Server.CountOverfullMailbox(-1);
    }

    /// <summary>The first of the posts that follow which is not for the same receivers.</summary>
    private static Mail* EndOfRun(Mail* first)
    {
        var end = first->Next;
        if (first->Receivers.IsEmpty)
        {
            while (end != null && end->Receivers.IsEmpty && end->Receiver == first->Receiver)
                end = end->Next;
        }
        else
        {
            while (end != null && end->Receivers.IsSameAs(first->Receivers))
                end = end->Next;
        }
        return end;
    }

    /// <summary>
    /// Delivers posts for the same receivers, client by client: what a client is made of is fetched once for all of them. With a thousand subscribers that is
    /// most of the cost.
    /// </summary>
    private void DeliverRun(Mail* first, Mail* end)
    {
        if (first->Receivers.IsEmpty)
        {
            DeliverRun(first->Receiver, first, end);
            return;
        }
        foreach (ref readonly var receiver in first->Receivers.Span)
            DeliverRun(receiver, first, end);
    }

    private void DeliverRun(in Receiver receiver, Mail* first, Mail* end)
    {
        var client = _clients.Find(receiver);
        if (client is null)
            return;
        bool isHeld = client.InFlight || client.HeldMail != null;
        for (var mail = first; mail != end; mail = mail->Next)
        {
            if (isHeld)
                Hold(client, mail->Message);
            else
                Append(client, mail->Message);
        }
    }

    /// <summary>Keeps a message until the replies that the client waits for are there. What is held counts in the limit of its output.</summary>
    private void Hold(Client client, Message message)
    {
        var mail = NewMail(message);
        mail->Receivers = default;
        mail->Block.Next = null;
        if (client.HeldMail == null)
            client.HeldMail = mail;
        else
            client.LastHeldMail->Block.Next = &mail->Block;
        client.LastHeldMail = mail;
        client.HeldBytes += message.Length;
        if (client.HeldBytes > LimitOf(client))
            _loop.Sockets.CloseForOutputLimit(client);
    }

    private void Append(Client client, Message message)
    {
        if ((client.Gate & ClientGate.Closing) != 0 || (message.Flags != 0 && !IsWanted(client, message)))
            return;
        bool isResp2 = client.Resp == 2;
        byte* data = isResp2 ? message.Resp2Data : message.Data;
        long length = isResp2 ? message.Resp2Length : message.Length;
        var output = client.Connection.Output;
        byte type = isResp2 && *data == (byte)'>' ? (byte)'*' : *data;
        if (length <= CopyBytesMax)
        {
            byte* target = output.Reserve((int)length);
            Unsafe.CopyBlockUnaligned(target, data, (uint)length);
            *target = type;
            output.Commit((int)length);
        }
        else
        {
            AppendLong(output, type, data, length);
        }
        if (!client.IsTouched)
        {
            client.IsTouched = true;
            _touched.Add(client);
        }
        if (output.Length >= LimitOf(client))
            _loop.Sockets.Flush(client);
    }

    private static void AppendLong(BufferChain output, byte type, byte* data, long length)
    {
        output.Append(new ReadOnlySpan<byte>(in type));
        data++;
        length--;
        for (; length > int.MaxValue; data += int.MaxValue, length -= int.MaxValue)
            output.Append(new ReadOnlySpan<byte>(data, int.MaxValue));
        output.Append(new ReadOnlySpan<byte>(data, (int)length));
    }

    private static bool IsWanted(Client client, Message message)
    {
        if ((message.Flags & MessageFlags.IsReply) != 0 && (client.Gate & ClientGate.ReplyOff) != 0)
            return false;
        if ((message.Flags & MessageFlags.Invalidation) != 0 && !Tracking.InvalidationRoute.IsForItself(client, message))
            return false;
        return (message.Flags & MessageFlags.SubscribersInResp2) == 0 || client.Resp == 3 || client.OutputClass == OutputClass.PubSub;
    }

    private long LimitOf(Client client) => client.OutputClass == OutputClass.PubSub ? _subscriberBytesMax : _normalBytesMax;

    private void FlushTouched()
    {
        foreach (var client in _touched)
        {
            client.IsTouched = false;
            _loop.Sockets.Flush(client);
        }
        _touched.Clear();
    }
}
