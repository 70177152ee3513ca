using System.Diagnostics;

namespace FastKv.Structures;

// Data plane: inserting and removing; splits, merges, and the counts and first members in the inner nodes.
internal readonly unsafe partial struct ScoreTree
{
    private const int LeafItemsMin = Leaf.ItemsMax / 4;
    private const int LeafJoinedMax = Leaf.ItemsMax * 3 / 4;
    private const int InnerChildrenMin = Inner.ChildrenMax / 4;
    private const int InnerJoinedMax = Inner.ChildrenMax * 3 / 4;

    /// <summary>Adds a member that is not in the tree.</summary>
    internal void Insert(double score, byte* block)
    {
        if (_header->Root == null)
        {
            Leaf* root = AllocateLeaf();
            _header->Root = (byte*)root;
            _header->First = _header->Last = root;
        }

        Leaf* leaf = Find(score, ScoredMember.Member(block), out int index, out TreePath path);
        for (int level = 0; level < _header->Height; level++)
            path.Node(level)->Counts[path.Slot(level)]++;
        if (leaf->Count < Leaf.ItemsMax)
        {
            Leaf.Open(leaf, index);
            Leaf.Set(leaf, index, score, block);
            return;
        }

        Split(leaf, index, score, block, ref path);
    }

    /// <summary>Adds a member behind all others.</summary>
    internal void Append(double score, byte* block)
    {
        Leaf* last = _header->Last;
        if (last == null || _header->Height == 0 || last->Count == Leaf.ItemsMax)
        {
            Insert(score, block);
            return;
        }

        byte* node = _header->Root;
        for (int level = 0; level < _header->Height; level++)
        {
            var inner = (Inner*)node;
            inner->Counts[inner->Count - 1]++;
            node = Inner.ChildAt(inner, inner->Count - 1);
        }

        Leaf.Set(last, last->Count, score, block);
        last->Count++;
    }

    /// <summary>Changes the score of a member; its block is told by the caller.</summary>
    internal void Move(byte* block, double oldScore, double newScore)
    {
        Leaf* leaf = FindExisting(oldScore, block, out int index, out TreePath path);
        ReadOnlySpan<byte> member = ScoredMember.Member(block);
        if (KeepsPlace(leaf, index, newScore, member))
        {
            leaf->Scores[index] = newScore;
            if (index == 0)
                SetFirst(ref path, _header->Height - 1, newScore, block);
            return;
        }

        RemoveRun(leaf, index, 1, ref path);
        Insert(newScore, block);
    }

    /// <summary>Removes items of one leaf.</summary>
    internal void RemoveRun(Leaf* leaf, int index, int count, ref TreePath path)
    {
        Debug.Assert(count > 0 && index + count <= leaf->Count, "the items are there");
        int parent = _header->Height - 1;
        for (int level = 0; level <= parent; level++)
            path.Node(level)->Counts[path.Slot(level)] -= count;
        Leaf.Close(leaf, index, count);
        if (leaf->Count == 0)
        {
            FreeLeaf(leaf);
            RemoveChild(ref path, parent);
            return;
        }

        if (index == 0)
            SetFirst(ref path, parent, leaf->Scores[0], Leaf.BlockAt(leaf, 0));
        if (leaf->Count < LeafItemsMin && parent >= 0)
            JoinLeaf(leaf, ref path, parent);
    }

    /// <summary>Frees some of the nodes, last ones first; the members are the caller's. Nothing else may be done with the tree from then on.</summary>
    /// <returns>True: all are freed.</returns>
    internal bool Free(ref int budget)
    {
        while (_header->Root != null && budget > 0)
        {
            budget--;
            if (_header->Height == 0)
            {
                _heap.Free(_header->Root, sizeof(Leaf));
                _header->Root = null;
                break;
            }

            // The last inner node: its leaves go, then itself, which the one above then has one child less.
            byte* node = _header->Root;
            Inner* above = null;
            for (int level = 1; level < _header->Height; level++)
            {
                above = (Inner*)node;
                node = Inner.ChildAt(above, above->Count - 1);
            }

            var inner = (Inner*)node;
            while (inner->Count > 0 && budget > 0)
            {
                _heap.Free(Inner.ChildAt(inner, --inner->Count), sizeof(Leaf));
                budget--;
            }

            if (inner->Count == 0)
                FreeEmptied();
        }

        return _header->Root == null;
    }

    // Frees the inner nodes at the end that have no children any more, from the lowest level up.
    private void FreeEmptied()
    {
        while (true)
        {
            Inner* above = null;
            var node = (Inner*)_header->Root;
            for (int level = 1; level < _header->Height && node->Count > 0; level++)
            {
                above = node;
                node = (Inner*)Inner.ChildAt(node, node->Count - 1);
            }

            if (node->Count > 0)
                return;
            _heap.Free((byte*)node, sizeof(Inner));
            if (above == null)
            {
                _header->Root = null;
                return;
            }

            above->Count--;
        }
    }

    private static bool KeepsPlace(Leaf* leaf, int index, double score, ReadOnlySpan<byte> member)
    {
        if (index > 0)
        {
            if (!IsOrdered(leaf, index - 1, score, member, true))
                return false;
        }
        else if (leaf->Previous != null && !IsOrdered(leaf->Previous, leaf->Previous->Count - 1, score, member, true))
        {
            return false;
        }

        if (index + 1 < leaf->Count)
            return IsOrdered(leaf, index + 1, score, member, false);
        return leaf->Next == null || IsOrdered(leaf->Next, 0, score, member, false);
    }

    // Whether an item sorts before (or behind) a member.
    private static bool IsOrdered(Leaf* leaf, int index, double score, ReadOnlySpan<byte> member, bool before)
    {
        double other = leaf->Scores[index];
        if (other != score)
            return other < score == before;
        return ScoredMember.Compare(Leaf.BlockAt(leaf, index), member) < 0 == before;
    }

    private void Split(Leaf* leaf, int index, double score, byte* block, ref TreePath path)
    {
        Leaf* right = AllocateLeaf();
        int keep = Leaf.ItemsMax / 2;
        bool goesRight = index > keep;
        if (leaf->Next == null && index == Leaf.ItemsMax)
            keep = Leaf.ItemsMax;
        else if (leaf->Previous == null && index == 0)
            keep = 0;

        right->Next = leaf->Next;
        right->Previous = leaf;
        leaf->Next = right;
        if (right->Next != null)
            right->Next->Previous = right;
        else
            _header->Last = right;

        right->Count = Leaf.ItemsMax - keep;
        Leaf.Move(leaf, keep, right, 0, right->Count);
        leaf->Count = keep;
        Leaf* target = goesRight ? right : leaf;
        int at = goesRight ? index - keep : index;
        Leaf.Open(target, at);
        Leaf.Set(target, at, score, block);
        AddChild(ref path, _header->Height - 1, (byte*)right, right->Count, right->Scores[0], Leaf.BlockAt(right, 0));
    }

    /// <summary>Puts a child behind the one that the path takes at a level; the members in it were counted there so far.</summary>
    private void AddChild(ref TreePath path, int level, byte* child, long count, double score, byte* first)
    {
        if (level < 0)
        {
            AddRoot(child, count, score, first);
            return;
        }

        Inner* inner = path.Node(level);
        int index = path.Slot(level) + 1;
        inner->Counts[index - 1] -= count;
        if (inner->Count < Inner.ChildrenMax)
        {
            Inner.Open(inner, index);
            Inner.Set(inner, index, child, count, score, first);
            return;
        }

        // As with leaves: at the end of the tree the full node stays full.
        int keep = index == Inner.ChildrenMax ? Inner.ChildrenMax : Inner.ChildrenMax / 2;
        Inner* right = AllocateInner();
        right->Count = Inner.ChildrenMax - keep;
        Inner.Move(inner, keep, right, 0, right->Count);
        inner->Count = keep;
        bool goesRight = index > keep || keep == Inner.ChildrenMax;
        Inner* target = goesRight ? right : inner;
        int at = goesRight ? index - keep : index;
        Inner.Open(target, at);
        Inner.Set(target, at, child, count, score, first);
        AddChild(ref path, level - 1, (byte*)right, Inner.CountBefore(right, right->Count), right->Scores[0], Inner.MemberAt(right, 0));
    }

    private void AddRoot(byte* right, long rightCount, double score, byte* first)
    {
        Inner* root = AllocateInner();
        byte* left = _header->Root;
        long leftCount = _header->Height == 0 ? ((Leaf*)left)->Count : Inner.CountBefore((Inner*)left, ((Inner*)left)->Count);
        root->Count = 2;
        Inner.Set(root, 0, left, leftCount, 0, null);
        Inner.Set(root, 1, right, rightCount, score, first);
        _header->Root = (byte*)root;
        _header->Height++;
    }

    /// <summary>The first member under the path's child at a level has changed.</summary>
    private static void SetFirst(ref TreePath path, int level, double score, byte* first)
    {
        for (; level >= 0; level--)
        {
            int slot = path.Slot(level);
            if (slot == 0)
                continue;
            Inner.SetSeparator(path.Node(level), slot, score, first);
            return;
        }
    }

    /// <summary>Takes the path's child at a level out of its node: it is empty, or has been joined with its neighbour.</summary>
    private void RemoveChild(ref TreePath path, int level)
    {
        if (level < 0)
        {
            _header->Root = null;
            return;
        }

        Inner* inner = path.Node(level);
        int slot = path.Slot(level);
        Inner.Close(inner, slot);
        if (inner->Count == 0)
        {
            FreeInner(inner);
            if (level == 0)
                _header->Height = 0;
            RemoveChild(ref path, level - 1);
            return;
        }

        if (slot == 0)
            SetFirst(ref path, level - 1, inner->Scores[0], Inner.MemberAt(inner, 0));
        if (level > 0 && inner->Count < InnerChildrenMin)
            JoinInner(inner, ref path, level - 1);
        LowerRoot();
    }

    private void LowerRoot()
    {
        while (_header->Height > 0 && ((Inner*)_header->Root)->Count == 1)
        {
            var root = (Inner*)_header->Root;
            _header->Root = Inner.ChildAt(root, 0);
            _header->Height--;
            FreeInner(root);
        }
    }

    private void JoinLeaf(Leaf* leaf, ref TreePath path, int parentLevel)
    {
        Inner* parent = path.Node(parentLevel);
        int slot = path.Slot(parentLevel);
        if (slot + 1 < parent->Count && leaf->Count + ((Leaf*)Inner.ChildAt(parent, slot + 1))->Count <= LeafJoinedMax)
            slot++;
        else if (slot == 0 || leaf->Count + ((Leaf*)Inner.ChildAt(parent, slot - 1))->Count > LeafJoinedMax)
            return;
        var left = (Leaf*)Inner.ChildAt(parent, slot - 1);
        var right = (Leaf*)Inner.ChildAt(parent, slot);
        Leaf.Move(right, 0, left, left->Count, right->Count);
        left->Count += right->Count;
        parent->Counts[slot - 1] += right->Count;
        FreeLeaf(right);
        path.SetSlot(parentLevel, slot);
        RemoveChild(ref path, parentLevel);
    }

    private void JoinInner(Inner* inner, ref TreePath path, int parentLevel)
    {
        Inner* parent = path.Node(parentLevel);
        int slot = path.Slot(parentLevel);
        if (slot + 1 < parent->Count && inner->Count + ((Inner*)Inner.ChildAt(parent, slot + 1))->Count <= InnerJoinedMax)
            slot++;
        else if (slot == 0 || inner->Count + ((Inner*)Inner.ChildAt(parent, slot - 1))->Count > InnerJoinedMax)
            return;
        var left = (Inner*)Inner.ChildAt(parent, slot - 1);
        var right = (Inner*)Inner.ChildAt(parent, slot);
        Inner.SetSeparator(right, 0, parent->Scores[slot], Inner.MemberAt(parent, slot));
        Inner.Move(right, 0, left, left->Count, right->Count);
        left->Count += right->Count;
        parent->Counts[slot - 1] += parent->Counts[slot];
        FreeInner(right);
        path.SetSlot(parentLevel, slot);
        RemoveChild(ref path, parentLevel);
    }

    private Leaf* AllocateLeaf()
    {
        var leaf = (Leaf*)_heap.Allocate(sizeof(Leaf));
        leaf->Count = 0;
        leaf->Next = leaf->Previous = null;
        _header->MemoryBytes += sizeof(Leaf);
        return leaf;
    }

    private Inner* AllocateInner()
    {
        var inner = (Inner*)_heap.Allocate(sizeof(Inner));
        inner->Count = 0;
        _header->MemoryBytes += sizeof(Inner);
        return inner;
    }

    private void FreeLeaf(Leaf* leaf)
    {
        if (leaf->Previous != null)
            leaf->Previous->Next = leaf->Next;
        else
            _header->First = leaf->Next;
        if (leaf->Next != null)
            leaf->Next->Previous = leaf->Previous;
        else
            _header->Last = leaf->Previous;
        _header->MemoryBytes -= sizeof(Leaf);
        _heap.Free((byte*)leaf, sizeof(Leaf));
    }

    private void FreeInner(Inner* inner)
    {
        _header->MemoryBytes -= sizeof(Inner);
        _heap.Free((byte*)inner, sizeof(Inner));
    }
}
