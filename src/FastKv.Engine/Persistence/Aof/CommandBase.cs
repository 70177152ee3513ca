using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Files;
using FastKv.Engine.Persistence.Journal;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>
/// A base of commands, as with <c>aof-use-rdb-preamble no</c>: every key as the commands that make it. It is written while all partitions are held. Control plane.
/// </summary>
internal sealed unsafe class CommandBase : IAofBase
{
    private const long WriteBytes = 1 << 20;

    public void Begin(Partition[] partitions, IFileStore files, string path, Action<int> completed)
    {
        int error = files.Open(path, FileUse.Replace, out int handle);
        if (error == 0)
        {
            NativeBuffer text = default;
            for (int i = 0; i < partitions[0].Databases.Length && error == 0; i++)
                error = WriteDatabase(partitions, i, files, handle, ref text);
            if (error == 0)
                error = Flush(files, handle, ref text);
            text.Release();
            if (error == 0)
                error = files.Sync(handle);
            int closing = files.Close(handle);
            if (error == 0)
                error = closing;
        }
        completed(error);
    }

    private static int WriteDatabase(Partition[] partitions, int index, IFileStore files, int handle, ref NativeBuffer text)
    {
        bool isSelected = false;
        foreach (var partition in partitions)
        {
            var database = partition.Databases[index];
            if (database.Count == 0)
                continue;
            if (!isSelected)
            {
                EffectText.Header(ref text, 2);
                EffectText.Argument(ref text, "SELECT"u8);
                EffectText.Argument(ref text, index);
                isSelected = true;
            }
            ulong position = 0;
            do
            {
                var visitor = new Visitor { Text = text, Database = database };
                position = database.Scan(position, ref visitor);
                text = visitor.Text;
                if (text.Length >= WriteBytes && Flush(files, handle, ref text) is var error && error != 0)
                    return error;
            }
            while (position != 0);
        }
        return 0;
    }

    private static int Flush(IFileStore files, int handle, ref NativeBuffer text)
    {
        while (text.Length > 0)
        {
            int error = files.Write(handle, new ReadOnlySpan<byte>(text.Data, (int)Math.Min(text.Length, int.MaxValue)), out int written);
            if (error != 0)
                return error;
            text.RemovePrefix(written);
        }
        return 0;
    }

    private struct Visitor : IEntryVisitor
    {
        public NativeBuffer Text;
        public Database Database;

        public void Visit(byte* entry)
        {
            var view = new EntryRef(entry);
            if (!view.HasExpiry || view.ExpiryMs > Database.Partition.NowMs)
                KeyImage.Write(ref Text, view, Database);
        }
    }
}
